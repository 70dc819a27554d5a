// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.internal.address.ServerAddresses;
import io.github.mcpoauth.internal.httpclient.FilteredHttpClient;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.customizer.McpAsyncHttpClientRequestCustomizer;
import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Gives a transport of the MCP SDK that runs on the JDK's {@link HttpClient} the tokens
 * of a manager, and sessions that heal.
 * <p>
 * It acts on requests below the addresses of configured servers, and leaves all others to
 * the client that the transport was given. A token goes to no other address, also not
 * where that client follows redirects. A 401, and whatever else would make the transport
 * throw its session away, does not reach it: the request ends as the answer to the next
 * try, or fails with {@link LoginRequiredException}, {@link InsufficientScopeException}
 * or what else the manager's filter fails with. So the transport needs no handler of
 * authorization errors.
 * <p>
 * Everything set at the transport's builder keeps its meaning, but
 * {@code clientBuilder(...)} called afterwards undoes this. Requires neither the WebFlux
 * transport nor Reactor Netty.
 */
public final class HttpClientTransportCustomizer implements Consumer<HttpClientStreamableHttpTransport.Builder> {

	/**
	 * Before 2.1 a transport has one customizer at most, which may be the application's.
	 */
	private static final boolean SEVERAL_CUSTOMIZERS = ClassUtils.hasMethod(
			HttpClientStreamableHttpTransport.Builder.class, "addAsyncHttpRequestCustomizer",
			McpAsyncHttpClientRequestCustomizer.class);

	private static final Retry CALMLY = Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
		.maxBackoff(Duration.ofSeconds(60))
		.transientErrors(true);

	private final ServerAddresses addresses;

	private final ExchangeFilterFunction filter;

	/**
	 * Create a customizer, for any number of transports.
	 * @param manager gives the manager, asked for with the first request
	 * @param requestTimeout how long the callers of an MCP client wait, as it was set
	 * there. A call that has taken nearly as long is not sent any more
	 */
	public HttpClientTransportCustomizer(Supplier<McpOAuthManager> manager, Duration requestTimeout) {
		this(manager, McpSessionFilter.forClients(manager, requestTimeout));
	}

	private HttpClientTransportCustomizer(Supplier<McpOAuthManager> manager, ExchangeFilterFunction sessions) {
		this.addresses = new ServerAddresses(() -> manager.get().servers());
		ExchangeFilterFunction failures = HttpClientTransportCustomizer::failOnErrors;
		this.filter = failures.andThen(HttpClientTransportCustomizer::listenOn)
			.andThen(sessions)
			.andThen(new McpOAuthFilter((request) -> manager.get().providerFor(request)))
			.andThen(McpSessionFilter.gate());
	}

	/**
	 * A customizer for the transport of one session, which belongs to a principal.
	 */
	static HttpClientTransportCustomizer forSession(McpOAuthManager manager, GrantKey key, Duration patience) {
		return new HttpClientTransportCustomizer(() -> manager,
				McpSessionFilter.ownedBy(key).andThen(new McpSessionFilter(() -> manager, patience)));
	}

	/**
	 * Customize a transport.
	 * @param transport what it is built from
	 */
	@Override
	public void accept(HttpClientStreamableHttpTransport.Builder transport) {
		customizeClient(transport);
		if (SEVERAL_CUSTOMIZERS) {
			transport.addAsyncHttpRequestCustomizer(HttpClientTransportCustomizer::carryContext);
		}
	}

	void customizeClient(HttpClientStreamableHttpTransport.Builder transport) {
		transport.customizeClient((client) -> transport.clientBuilder(client(client)));
	}

	private HttpClient.Builder client(HttpClient.Builder client) {
		return FilteredHttpClient.builder(client, this.addresses, this.filter);
	}

	/**
	 * The transport keeps the status of an answer to itself, so that a failure could not
	 * be told from another.
	 */
	private static Mono<ClientResponse> failOnErrors(ClientRequest request, ExchangeFunction next) {
		return next.exchange(request)
			.flatMap((response) -> (HttpMethod.POST.equals(request.method()) && response.statusCode().isError())
					? response.createError() : Mono.just(response));
	}

	/**
	 * The transport listens no more to a stream that broke off.
	 */
	private static Mono<ClientResponse> listenOn(ClientRequest request, ExchangeFunction next) {
		if (!HttpMethod.GET.equals(request.method())) {
			return next.exchange(request);
		}
		Flux<DataBuffer> again = Flux.defer(() -> next.exchange(request)
			.onErrorComplete()
			.filter(HttpClientTransportCustomizer::isOk)
			.flatMapMany((response) -> response.bodyToFlux(DataBuffer.class)));
		return next.exchange(request)
			.map((response) -> response.mutate()
				.body((body) -> body.onErrorResume((ex) -> again.retryWhen(CALMLY)))
				.build());
	}

	private static boolean isOk(ClientResponse response) {
		return response.statusCode().isSameCodeAs(HttpStatus.OK);
	}

	static Publisher<HttpRequest.Builder> carryContext(HttpRequest.Builder request, String method, URI uri,
			@Nullable String body, McpTransportContext transportContext) {
		return Mono.deferContextual((context) -> Mono.just(FilteredHttpClient.carry(context, request, method, body)));
	}

}
