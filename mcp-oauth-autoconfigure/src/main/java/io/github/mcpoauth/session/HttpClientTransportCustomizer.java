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
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.internal.address.ServerAddresses;
import io.github.mcpoauth.internal.httpclient.FilteredHttpClient;
import io.github.mcpoauth.internal.work.WorkThreads;
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
 * Adds the tokens of a manager, and sessions that survive, to a transport of the MCP SDK
 * that runs on the JDK's {@link HttpClient}.
 * <p>
 * It acts on requests below the addresses of configured servers, and leaves all others to
 * the client that the transport was given. A token goes to no other address, even if that
 * client follows redirects. Neither a 401 nor another answer that makes the transport
 * give up its session reaches the transport: the request ends as the answer to the next
 * try, or fails with {@link LoginRequiredException}, {@link InsufficientScopeException}
 * or another exception of the manager's filter. So the transport needs no handler of
 * authorization errors.
 * <p>
 * All settings of the transport's builder keep their meaning, except that a later call of
 * {@code clientBuilder(...)} undoes this. Requires neither the WebFlux transport nor
 * Reactor Netty.
 */
public final class HttpClientTransportCustomizer implements Consumer<HttpClientStreamableHttpTransport.Builder> {

	/**
	 * Before 2.1 a transport has one customizer at most, which may be the application's.
	 */
	private static final boolean SEVERAL_CUSTOMIZERS = ClassUtils.hasMethod(
			HttpClientStreamableHttpTransport.Builder.class, "addAsyncHttpRequestCustomizer",
			McpAsyncHttpClientRequestCustomizer.class);

	private final ServerAddresses addresses;

	private final WorkThreads threads;

	private final Retry listenAgain;

	private final ExchangeFilterFunction filter;

	/**
	 * Create a customizer for any number of transports, with threads of its own.
	 * @param manager supplies the manager, called with the first request
	 * @param requestTimeout how long the callers of an MCP client wait, as set there. A
	 * call that has taken nearly as long is not sent any more
	 */
	public HttpClientTransportCustomizer(Supplier<McpOAuthManager> manager, Duration requestTimeout) {
		this(manager, requestTimeout, WorkThreads.platform());
	}

	/**
	 * Create a customizer for any number of transports.
	 * @param manager supplies the manager, called with the first request
	 * @param requestTimeout how long the callers of an MCP client wait, as set there. A
	 * call that has taken nearly as long is not sent any more
	 * @param threads run the deadlines
	 */
	public HttpClientTransportCustomizer(Supplier<McpOAuthManager> manager, Duration requestTimeout,
			WorkThreads threads) {
		this(manager, McpSessionFilter.forClients(manager, requestTimeout, threads), threads);
	}

	private HttpClientTransportCustomizer(Supplier<McpOAuthManager> manager, ExchangeFilterFunction sessions,
			WorkThreads threads) {
		this.addresses = new ServerAddresses(() -> manager.get().servers());
		this.threads = threads;
		this.listenAgain = Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
			.maxBackoff(Duration.ofSeconds(60))
			.transientErrors(true)
			.scheduler(threads.timer());
		ExchangeFilterFunction failures = HttpClientTransportCustomizer::failOnErrors;
		this.filter = failures.andThen(this::listen)
			.andThen(sessions)
			.andThen(new McpOAuthFilter((request) -> manager.get().providerFor(request),
					GatewayHeaders.below(() -> manager.get().servers())))
			.andThen(McpSessionFilter.deadline());
	}

	/**
	 * A customizer for the transport of one session, which belongs to one grant.
	 */
	static HttpClientTransportCustomizer forSession(McpOAuthManager manager, GrantKey key, Duration patience,
			WorkThreads threads) {
		return new HttpClientTransportCustomizer(() -> manager,
				McpSessionFilter.ownedBy(key).andThen(new McpSessionFilter(() -> manager, patience, threads)), threads);
	}

	/**
	 * Customize a transport.
	 * @param transport the builder of the transport
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
	 * The transport does not pass on the status of an answer, so failures could not be
	 * told apart. It only has to see that a session has to be opened anew.
	 */
	private static Mono<ClientResponse> failOnErrors(ClientRequest request, ExchangeFunction next) {
		return next.exchange(request)
			.flatMap((response) -> (HttpMethod.POST.equals(request.method()) && response.statusCode().isError()
					&& !McpSessionFilter.isUnknownSession(response)) ? response.createError() : Mono.just(response));
	}

	/**
	 * Listens again to an event stream that broke off, which the transport does not.
	 */
	private Mono<ClientResponse> listen(ClientRequest request, ExchangeFunction next) {
		if (!HttpMethod.GET.equals(request.method())) {
			return next.exchange(request);
		}
		Flux<DataBuffer> again = Flux.defer(() -> next.exchange(request)
			.onErrorComplete()
			.flatMapMany((response) -> response.statusCode().isSameCodeAs(HttpStatus.OK)
					? response.bodyToFlux(DataBuffer.class)
					: McpSessionFilter.release(response, this.threads).thenMany(Flux.empty())));
		return next.exchange(request)
			.map((response) -> response.mutate()
				.body((body) -> body.onErrorResume((ex) -> again.retryWhen(this.listenAgain)))
				.build());
	}

	static Publisher<HttpRequest.Builder> carryContext(HttpRequest.Builder request, String method, URI uri,
			@Nullable String body, McpTransportContext transportContext) {
		return Mono.deferContextual((context) -> Mono.just(FilteredHttpClient.carry(context, request, method, body)));
	}

}
