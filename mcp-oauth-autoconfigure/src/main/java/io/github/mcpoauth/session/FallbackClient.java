// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Speaks the protocol up to 2025-11-25 over Streamable HTTP, or over the HTTP+SSE
 * transport of 2024-11-05 with a server that has no other. All clients for an address
 * share the result.
 * <p>
 * A session over HTTP+SSE ends with its event stream. The next call then fails with
 * {@link ProtocolChangedException} before it is sent, so that another client is made.
 */
final class FallbackClient extends SwitchingClient {

	private static final Logger logger = LoggerFactory.getLogger(FallbackClient.class);

	private final McpServer server;

	private final Supplier<LegacyClient> streamable;

	private final Supplier<@Nullable Sse> sse;

	private final Set<URI> retired;

	// Written before the handshake, so that each operation and the close see it
	private volatile @Nullable LegacyClient current;

	private volatile @Nullable SseStream stream;

	/**
	 * Create a client.
	 * @param server the server
	 * @param streamable supplies a client for Streamable HTTP
	 * @param sse supplies a client for HTTP+SSE, {@code null} if there is no such
	 * transport
	 * @param retired the addresses of servers that speak HTTP+SSE
	 */
	FallbackClient(McpServer server, Supplier<LegacyClient> streamable, Supplier<@Nullable Sse> sse, Set<URI> retired) {
		this.server = server;
		this.streamable = streamable;
		this.sse = sse;
		this.retired = retired;
	}

	@Override
	public Mono<InitializeResult> connect() {
		return Mono.defer(() -> {
			Sse known = this.retired.contains(this.server.url()) ? this.sse.get() : null;
			return (known != null) ? connect(known) : connectStreamable();
		});
	}

	private Mono<InitializeResult> connectStreamable() {
		LegacyClient client = this.streamable.get();
		this.current = client;
		return client.connect().onErrorResume((failure) -> {
			RetiredTransportException refusal = CallFailures.find(failure, RetiredTransportException.class);
			Sse other = (refusal != null) ? this.sse.get() : null;
			return (other != null) ? client.close().onErrorComplete().then(connect(other)) : Mono.error(failure);
		});
	}

	private Mono<InitializeResult> connect(Sse other) {
		return Mono.defer(() -> {
			LegacyClient client = other.client();
			this.current = client;
			this.stream = other.stream();
			return answered(client.connect(), other.stream()).doOnNext((answer) -> {
				if (this.retired.add(this.server.url())) {
					logger.info(
							"MCP server '{}' speaks the HTTP+SSE transport of 2024-11-05, which is used. If it has an address for Streamable HTTP, set 'mcp.servers.{}.url' to it",
							this.server.name(), this.server.name());
				}
				// The server may have changed: Streamable HTTP is tried the next time
			}).doOnError((failure) -> this.retired.remove(this.server.url()));
		});
	}

	@Override
	<T> Mono<T> call(Function<ServerClient, Mono<T>> operation) {
		return Mono.defer(() -> {
			ServerClient client = Objects.requireNonNull(this.current);
			SseStream stream = this.stream;
			if (stream == null) {
				return operation.apply(client);
			}
			if (stream.hasEnded()) {
				return stream.<T>end().onErrorMap(ProtocolChangedException::new);
			}
			return answered(operation.apply(client), stream).onErrorMap(FallbackClient::isSessionLost,
					ProtocolChangedException::new);
		});
	}

	@Override
	public Flux<ServerChange> changes(Set<ServerChange> wanted, Mono<Void> ending) {
		return Flux.defer(() -> {
			ServerClient client = Objects.requireNonNull(this.current);
			SseStream stream = this.stream;
			return (stream != null)
					? client.changes(wanted, ending)
						.takeUntilOther(stream.end())
						.onErrorMap((failure) -> stream.hasEnded() ? new ProtocolChangedException(failure) : failure)
					: client.changes(wanted, ending);
		});
	}

	private static <T> Mono<T> answered(Mono<T> call, SseStream stream) {
		return Mono.firstWithSignal(call, stream.end());
	}

	/**
	 * A server that does not know the session has not acted on the message.
	 */
	private static boolean isSessionLost(Throwable failure) {
		WebClientResponseException refusal = CallFailures.find(failure, WebClientResponseException.class);
		return refusal != null && ProtocolError.in(refusal) == null
				&& (refusal.getStatusCode().value() == 404 || refusal.getStatusCode().value() == 400);
	}

	@Override
	public Mono<Void> close() {
		return Mono.defer(() -> {
			LegacyClient client = this.current;
			return (client != null) ? client.close() : Mono.empty();
		});
	}

	/**
	 * A client for HTTP+SSE.
	 *
	 * @param client the client
	 * @param stream the event stream of its transport
	 */
	record Sse(LegacyClient client, SseStream stream) {

	}

}
