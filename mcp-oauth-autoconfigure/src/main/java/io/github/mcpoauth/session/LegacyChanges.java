// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient.AsyncSpec;
import io.modelcontextprotocol.spec.McpSchema.ResourceContents;
import io.modelcontextprotocol.spec.McpSchema.SubscribeRequest;
import io.modelcontextprotocol.spec.McpSchema.UnsubscribeRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The changes that a server of the protocol up to 2025-11-25 reports, on the event stream
 * of its session. A new session knows nothing of the resources that were watched on the
 * one before, so the listeners end with the session and listen again.
 */
final class LegacyChanges {

	/**
	 * A listener that falls further behind listens anew, and then reads all again.
	 */
	private static final int MOST_UNHEARD = 1000;

	private final Duration patience;

	private final WorkThreads threads;

	private final Collection<FluxSink<ServerChange>> listeners = new CopyOnWriteArrayList<>();

	private final ConcurrentMap<String, Integer> watched = new ConcurrentHashMap<>();

	// Written by the filter before the handshake ends, read by listeners after it
	private volatile @Nullable HeldSession session;

	LegacyChanges(SessionClients clients) {
		this.patience = clients.settings().connectTimeout();
		this.threads = clients.threads();
	}

	/**
	 * Note the session that a handshake has opened.
	 * @param context the context of the handshake
	 * @param session the session
	 */
	static void opened(ContextView context, HeldSession session) {
		LegacyChanges changes = context.getOrDefault(LegacyChanges.class, null);
		if (changes != null) {
			changes.session = session;
		}
	}

	Context addTo(Context context) {
		return context.put(LegacyChanges.class, this);
	}

	/**
	 * Hear the notifications that a client receives.
	 * @param client the builder of the client
	 */
	void addTo(AsyncSpec client) {
		client.toolsChangeConsumer((tools) -> report(List.of(ServerChange.of(ServerChange.Kind.TOOLS))))
			.promptsChangeConsumer((prompts) -> report(List.of(ServerChange.of(ServerChange.Kind.PROMPTS))))
			.resourcesChangeConsumer((resources) -> report(List.of(ServerChange.of(ServerChange.Kind.RESOURCES))))
			.resourcesUpdateConsumer((contents) -> report(
					contents.stream().map(ResourceContents::uri).distinct().map(ServerChange::resource).toList()));
	}

	private Mono<Void> report(List<ServerChange> changes) {
		return Mono.fromRunnable(() -> this.listeners.forEach((listener) -> changes.forEach(listener::next)));
	}

	/**
	 * Listen to the server. All that is listened to is reported once, as soon as changes
	 * are heard.
	 * @param client the client
	 * @param wanted the changes to listen to
	 * @param ending when the connection takes no more calls
	 * @return a flux of changes. It completes when they are not heard any more
	 */
	Flux<ServerChange> listen(McpAsyncClient client, Set<ServerChange> wanted, Mono<Void> ending) {
		return Flux.defer(() -> {
			HeldSession held = this.session;
			if (held == null) {
				return heard(client, wanted, Mono.empty(), ending);
			}
			// A request heals the session and the token, which the stream does not
			Mono<?> healed = held.isSilent() ? client.ping().doOnSuccess((answer) -> held.listenAgain()) : Mono.empty();
			Mono<Void> stream = Mono
				.defer(() -> this.threads.within(Mono.fromFuture(held.listening(), true), this.patience))
				.onErrorComplete();
			return healed
				.thenMany(Flux.defer(() -> heard(client, wanted, stream, Mono.firstWithSignal(held.lost(), ending))));
		});
	}

	private Flux<ServerChange> heard(McpAsyncClient client, Set<ServerChange> wanted, Mono<Void> stream,
			Mono<Void> end) {
		List<String> uris = wanted.stream().map(ServerChange::uri).filter(Objects::nonNull).toList();
		Flux<ServerChange> begin = Flux.fromIterable(uris)
			.concatMap((uri) -> client.subscribeResource(SubscribeRequest.builder(uri).build()))
			.then(stream)
			.thenMany(Flux.fromIterable(wanted));
		// The listener is there before the first resource is watched
		return Flux
			.merge(Flux.create(this::add, FluxSink.OverflowStrategy.IGNORE)
				.filter((change) -> isWanted(wanted, change))
				.onBackpressureBuffer(MOST_UNHEARD), begin)
			.takeUntilOther(end)
			.doOnSubscribe((subscription) -> uris.forEach((uri) -> this.watched.merge(uri, 1, Integer::sum)))
			.doOnTerminate(() -> uris.forEach(this::leave))
			.doOnCancel(() -> uris.stream().filter(this::leave).forEach((uri) -> forget(client, uri)));
	}

	private void add(FluxSink<ServerChange> listener) {
		this.listeners.add(listener);
		listener.onDispose(() -> this.listeners.remove(listener));
	}

	private boolean leave(String uri) {
		return this.watched.computeIfPresent(uri, (key, count) -> (count > 1) ? count - 1 : null) == null;
	}

	private static void forget(McpAsyncClient client, String uri) {
		client.unsubscribeResource(UnsubscribeRequest.builder(uri).build()).onErrorComplete().subscribe();
	}

	/**
	 * A server may report a part of a watched resource.
	 */
	private static boolean isWanted(Set<ServerChange> wanted, ServerChange change) {
		String uri = change.uri();
		return (uri != null)
				? wanted.stream().map(ServerChange::uri).anyMatch((root) -> root != null && uri.startsWith(root))
				: wanted.contains(change);
	}

}
