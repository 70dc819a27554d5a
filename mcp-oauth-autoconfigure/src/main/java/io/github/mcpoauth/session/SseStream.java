// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.EOFException;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * The event stream of one session over the HTTP+SSE transport of 2024-11-05, on which all
 * answers arrive. The session lives as long as the stream.
 * <p>
 * The server names the address for messages at the beginning of the stream. It may lie
 * beside the configured address, so the token goes to other paths of the configured
 * origin, too. A request to another origin is not sent.
 */
final class SseStream implements ExchangeFilterFunction {

	private final McpServer server;

	private final AtomicBoolean opened = new AtomicBoolean();

	private final CompletableFuture<Void> ended = new CompletableFuture<>();

	/**
	 * Create the stream.
	 * @param server the server
	 */
	SseStream(McpServer server) {
		this.server = server;
	}

	/**
	 * The filter behind this one, which adds the token.
	 * @param manager gives the token
	 * @param server the server
	 * @param key the grant of all requests
	 * @return the filter
	 */
	static ExchangeFilterFunction authorization(McpOAuthManager manager, McpServer server, GrantKey key) {
		return McpSessionFilter.ownedBy(key)
			.andThen(new McpOAuthFilter((request) -> Mono.just(manager.provider(key)),
					GatewayHeaders.atOriginOf(server)))
			.andThen(McpSessionFilter.deadline());
	}

	/**
	 * The validator of a transport's address for messages. This filter checks the address
	 * where it is used, and its message tells the user more.
	 */
	static void leaveToFilter(URI stream, String messages) {
	}

	/**
	 * Whether no answer can arrive any more.
	 * @return {@code true} if the stream has ended
	 */
	boolean hasEnded() {
		return this.ended.isDone();
	}

	/**
	 * The end of the stream.
	 * @param <T> any type
	 * @return a mono that fails then
	 */
	<T> Mono<T> end() {
		return Mono.fromFuture(this.ended, true).then(Mono.error(() -> new EOFException("The event stream ended")));
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (!HttpAddress.isSameOrigin(request.url(), this.server.url())) {
			return Mono.error(foreign(request));
		}
		Mono<ClientResponse> answer = next.exchange(request)
			.flatMap((response) -> response.statusCode().isError() ? response.createError() : Mono.just(response));
		if (!HttpMethod.GET.equals(request.method())) {
			return answer;
		}
		// A transport that listens again gets a session that no client has initialized
		return this.opened.compareAndSet(false, true) ? answer.map(this::watched).onErrorResume((failure) -> {
			this.ended.completeExceptionally(failure);
			return Mono.never();
		}) : Mono.never();
	}

	/**
	 * Its transport only logs a failure. All callers that wait for the stream learn of it
	 * here, and close the transport.
	 */
	private ClientResponse watched(ClientResponse response) {
		return response.mutate().body((body) -> body.onErrorResume((failure) -> {
			this.ended.completeExceptionally(failure);
			return Flux.never();
		}).doFinally((signal) -> this.ended.complete(null))).build();
	}

	private McpCallException foreign(ClientRequest request) {
		return new McpCallException(this.server.name(), Reason.REFUSED,
				"MCP server '%s' wants its messages at %s, which is another origin than the one of 'mcp.servers.%1$s.url'. Nothing was sent there"
					.formatted(this.server.name(), UntrustedText.quote(HttpAddress.origin(request.url()))),
				null, null, null);
	}

}
