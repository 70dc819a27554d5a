// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * A manager whose tokens and recoveries a test decides, with the real filter. It stands
 * in where a test is about what comes after authorization.
 */
public final class ScriptedManager extends KeyedManager {

	private final List<McpServer> servers = new CopyOnWriteArrayList<>();

	private final List<Rejection> rejections = new CopyOnWriteArrayList<>();

	private final List<Recovery> recoveries = new ArrayList<>();

	private final AtomicInteger asked = new AtomicInteger();

	private final Map<GrantKey, AccessToken> tokens = new ConcurrentHashMap<>();

	private volatile @Nullable PrincipalResolver principals;

	private volatile @Nullable AccessToken token;

	private volatile @Nullable RuntimeException failure;

	/**
	 * A manager of one server.
	 * @param name the server's name
	 * @param url the server's address
	 * @return the manager
	 */
	public static ScriptedManager of(String name, URI url) {
		ScriptedManager manager = new ScriptedManager();
		manager.add(McpServer.of(name, url));
		return manager;
	}

	/**
	 * Hand out this token from now on.
	 * @param value the token, {@code null} for a server without a login
	 */
	public void hold(@Nullable String value) {
		this.failure = null;
		this.token = (value != null) ? new AccessToken(Secret.of(value), "Bearer", null) : null;
	}

	/**
	 * Hand out this token for a principal's grant from now on.
	 * @param key the grant
	 * @param value the token
	 */
	public void hold(GrantKey key, String value) {
		this.tokens.put(key, new AccessToken(Secret.of(value), "Bearer", null));
	}

	/**
	 * Requests are for different principals from now on.
	 * @param resolver says for which
	 */
	public void principals(PrincipalResolver resolver) {
		this.principals = resolver;
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(String server) {
		McpOAuthProvider own = provider(GrantKey.of(server));
		PrincipalResolver resolver = this.principals;
		return (resolver != null) ? Mono.deferContextual((context) -> resolver.resolve(own.server(), context))
			.switchIfEmpty(Mono.error(() -> new PrincipalRequiredException(server, "nobody is named", null)))
			.map(this::provider) : Mono.just(own);
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(ClientRequest request) {
		McpServer server = serverFor(request.url());
		if (server == null) {
			return Mono.empty();
		}
		GrantKey stated = RequestAttributes.grant(request, server);
		return (stated != null) ? Mono.just(provider(stated)) : providerFor(server.name());
	}

	/**
	 * Fail to hand out a token from now on.
	 * @param failure with what
	 */
	public void failWith(RuntimeException failure) {
		this.failure = failure;
	}

	/**
	 * Recover the next 401 by this token.
	 * @param value the token
	 */
	public void recoverWith(String value) {
		recoverWith(Recovery.refreshed(new AccessToken(Secret.of(value), "Bearer", null)));
	}

	/**
	 * Answer the next 401 like this.
	 * @param recovery the answer
	 */
	public void recoverWith(Recovery recovery) {
		synchronized (this.recoveries) {
			this.recoveries.add(recovery);
		}
	}

	/**
	 * The rejections that were reported.
	 * @return oldest first
	 */
	public List<Rejection> rejections() {
		return List.copyOf(this.rejections);
	}

	/**
	 * How often a token was asked for.
	 * @return the number
	 */
	public int asked() {
		return this.asked.get();
	}

	@Override
	public Collection<McpServer> servers() {
		return List.copyOf(this.servers);
	}

	private @Nullable McpServer serverFor(URI url) {
		return this.servers.stream()
			.filter((server) -> server.url().getAuthority().equals(url.getAuthority())
					&& url.getPath().startsWith(server.url().getPath()))
			.findFirst()
			.orElse(null);
	}

	@Override
	public void add(McpServer server) {
		evict(server.name());
		this.servers.add(server);
	}

	@Override
	public boolean evict(String server) {
		return this.servers.removeIf((candidate) -> candidate.name().equals(server));
	}

	@Override
	protected Mono<AccessToken> token(GrantKey key) {
		return Mono.defer(() -> {
			this.asked.incrementAndGet();
			RuntimeException failure = this.failure;
			return (failure != null) ? Mono.error(failure)
					: Mono.justOrEmpty((key.principal() != null) ? this.tokens.get(key) : this.token);
		});
	}

	@Override
	protected Mono<Recovery> recover(GrantKey key, Rejection rejection) {
		return Mono.fromSupplier(() -> {
			this.rejections.add(rejection);
			synchronized (this.recoveries) {
				if (rejection.forbidden()) {
					return this.recoveries.isEmpty() ? Recovery.notRecovered("it is not about scopes")
							: this.recoveries.remove(0);
				}
				AccessToken current = this.token;
				if (current != null && !current.equals(rejection.sent())) {
					return Recovery.adopted(current);
				}
				Recovery recovery = (rejection.replayed() || this.recoveries.isEmpty())
						? Recovery.reauthorize("the server rejected its token") : this.recoveries.remove(0);
				if (recovery.token() != null) {
					this.token = recovery.token();
				}
				// As in a real provider, which lets a session be replaced before it
				// believes that
				// its new token is rejected
				boolean believed = !rejection.replayed() || !rejection.session();
				if (recovery.outcome() == Recovery.Outcome.REAUTHORIZE && current != null && believed) {
					this.failure = new LoginRequiredException(key.server(), String.valueOf(recovery.reason()));
				}
				return recovery;
			}
		});
	}

	@Override
	public ExchangeFilterFunction filter(String server) {
		return new McpOAuthFilter(this::providerFor, null);
	}

}
