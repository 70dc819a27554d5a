// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Finds out which protocol its server speaks. It asks with {@code server/discover}, which
 * changes nothing at a server of either protocol, and begins with {@code initialize} when
 * the answer is not one of the newer protocol. All clients for an address share the
 * result.
 * <p>
 * A call that fails as it does at a server of the other protocol makes the client ask
 * again. If the protocol has changed, the call fails with
 * {@link ProtocolChangedException}, and the next client for the address speaks the other
 * protocol.
 */
final class DetectingClient extends SwitchingClient {

	private final URI url;

	private final ModernClient modern;

	private final Supplier<ServerClient> legacyClients;

	private final ConcurrentMap<URI, McpServer.Protocol> known;

	private final Duration patience;

	private final AtomicReference<@Nullable ServerClient> legacy = new AtomicReference<>();

	// Written before the handshake ends, so that each operation sees it
	private volatile ServerClient current;

	/**
	 * Create a client.
	 * @param url address of the server
	 * @param modern speaks the newer protocol
	 * @param legacyClients supplies a client that speaks the older one
	 * @param known the protocols of servers by address
	 * @param patience how long the server may take to answer the question
	 */
	DetectingClient(URI url, ModernClient modern, Supplier<ServerClient> legacyClients,
			ConcurrentMap<URI, McpServer.Protocol> known, Duration patience) {
		this.url = url;
		this.modern = modern;
		this.legacyClients = legacyClients;
		this.known = known;
		this.patience = patience;
		this.current = modern;
	}

	@Override
	public Mono<InitializeResult> connect() {
		return Mono.defer(() -> (this.known.get(this.url) == McpServer.Protocol.LEGACY)
				? connectLegacy().onErrorResume(ProtocolEvidence::refusesInitialize,
						(refusal) -> connectModern().onErrorMap((other) -> refusal))
				: connectModern().onErrorResume(DetectingClient::mayBeLegacy, this::connectLegacy)
					.onErrorMap(this.modern::translate));
	}

	/**
	 * Some servers of the older protocol ask for a token only when a tool is called, so a
	 * login may not be needed for the handshake.
	 */
	private static boolean mayBeLegacy(Throwable failure) {
		return failure instanceof LoginRequiredException || ModernClient.isLegacy(failure);
	}

	private Mono<InitializeResult> connectModern() {
		return this.modern.discover(this.patience).doOnNext((answer) -> use(McpServer.Protocol.MODERN, this.modern));
	}

	private Mono<InitializeResult> connectLegacy(Throwable notModern) {
		return connectLegacy().onErrorResume(ProtocolEvidence::refusesInitialize,
				(refusal) -> (notModern instanceof LoginRequiredException) ? Mono.error(notModern)
						: connectAgain(notModern, refusal));
	}

	/**
	 * A server of the newer protocol that did not answer at first refuses to initialize.
	 */
	private Mono<InitializeResult> connectAgain(Throwable notModern, Throwable refusal) {
		boolean modern = ProtocolEvidence.mayBeModern(refusal);
		return (modern || ModernClient.isUnanswered(notModern))
				? connectModern().onErrorMap((other) -> modern ? notModern : refusal) : Mono.error(refusal);
	}

	private Mono<InitializeResult> connectLegacy() {
		return Mono.defer(() -> {
			ServerClient client = this.legacyClients.get();
			this.legacy.set(client);
			return client.connect().doOnNext((answer) -> use(McpServer.Protocol.LEGACY, client));
		});
	}

	private void use(McpServer.Protocol protocol, ServerClient client) {
		this.known.put(this.url, protocol);
		this.current = client;
	}

	@Override
	<T> Mono<T> call(Function<ServerClient, Mono<T>> operation) {
		return Mono.defer(() -> {
			ServerClient client = this.current;
			return operation.apply(client)
				.onErrorResume((failure) -> isSuspicious(client, failure), (failure) -> judged(client, failure));
		});
	}

	@Override
	public Flux<ServerChange> changes(Set<ServerChange> wanted, Mono<Void> ending) {
		return Flux.defer(() -> {
			ServerClient client = this.current;
			return client.changes(wanted, ending)
				.onErrorResume((failure) -> isSuspicious(client, failure), (failure) -> judged(client, failure));
		});
	}

	private <T> Mono<T> judged(ServerClient client, Throwable failure) {
		return isOutdated(client)
			.flatMap((outdated) -> Mono.error(outdated ? new ProtocolChangedException(failure) : failure));
	}

	private boolean isSuspicious(ServerClient client, Throwable failure) {
		return (client == this.modern) ? ProtocolEvidence.mayBeLegacy(failure) : ProtocolEvidence.mayBeModern(failure);
	}

	/**
	 * Ask the server again. Only a clear answer counts.
	 */
	private Mono<Boolean> isOutdated(ServerClient client) {
		Mono<McpServer.Protocol> protocol = this.modern.discover(this.patience)
			.thenReturn(McpServer.Protocol.MODERN)
			.onErrorResume(
					(failure) -> ModernClient.isLegacy(failure) ? Mono.just(McpServer.Protocol.LEGACY) : Mono.empty());
		McpServer.Protocol spoken = (client == this.modern) ? McpServer.Protocol.MODERN : McpServer.Protocol.LEGACY;
		return protocol.filter((found) -> found != spoken)
			.doOnNext((found) -> this.known.put(this.url, found))
			.hasElement();
	}

	@Override
	public Mono<Void> close() {
		return Mono.defer(() -> {
			ServerClient client = this.legacy.get();
			return (client != null) ? client.close() : Mono.empty();
		});
	}

}
