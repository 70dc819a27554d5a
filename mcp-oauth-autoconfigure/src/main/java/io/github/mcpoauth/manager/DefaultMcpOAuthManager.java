// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.principal.CallerContext;
import io.github.mcpoauth.internal.registration.RegisteredGrant;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Puts the servers, their providers and their logins behind one interface.
 */
final class DefaultMcpOAuthManager implements McpOAuthManager {

	private static final Log logger = LogFactory.getLog(DefaultMcpOAuthManager.class);

	/**
	 * The shutdown has a bound of its own, which is shorter.
	 */
	private static final Duration LONGEST_SHUTDOWN = Duration.ofMinutes(2);

	private final ServerRegistry servers;

	private final Providers providers;

	private final LoginService logins;

	private final PrincipalPolicy principals;

	private final DefaultMcpOAuthAdministration administration;

	private final @Nullable WorkThreads threads;

	/**
	 * Create a manager.
	 * @param servers the servers
	 * @param providers their providers
	 * @param logins their logins
	 * @param principals finds the principals of requests
	 * @param administration the stored grants
	 * @param threads threads to close with the manager, or {@code null}
	 */
	DefaultMcpOAuthManager(ServerRegistry servers, Providers providers, LoginService logins, PrincipalPolicy principals,
			DefaultMcpOAuthAdministration administration, @Nullable WorkThreads threads) {
		this.servers = servers;
		this.principals = principals;
		this.administration = administration;
		this.providers = providers;
		this.logins = logins;
		this.threads = threads;
	}

	@Override
	public Collection<McpServer> servers() {
		return this.servers.servers();
	}

	@Override
	public synchronized void add(McpServer server) {
		this.servers.add(server);
	}

	@Override
	public synchronized boolean evict(String server) {
		boolean removed = this.servers.remove(server);
		this.logins.cancelAll(server);
		this.providers.evict(server);
		return removed;
	}

	boolean knows(String server) {
		return this.servers.contains(server);
	}

	@Override
	public McpOAuthProvider provider(GrantKey key) {
		return provider(this.servers.get(key.server()), key);
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(String server) {
		return Mono.defer(() -> resolved(this.servers.entry(server)));
	}

	@Override
	public Mono<McpOAuthProvider> providerFor(ClientRequest request) {
		return providerFor(request, null);
	}

	private Mono<McpOAuthProvider> providerFor(ClientRequest request, @Nullable String only) {
		List<ServerRegistry.Entry> entries = this.servers.find(request.url());
		if (entries == null) {
			return Mono.empty();
		}
		for (ServerRegistry.Entry entry : entries) {
			if (only == null || only.equals(entry.server().name())) {
				GrantKey key = RequestAttributes.grant(request, entry.server());
				if (key != null) {
					return this.principals.areSeveral() ? named(entry.server(), key)
							: Mono.just(provider(entry.server(), key));
				}
				if (only != null || entries.size() == 1) {
					return resolved(entry);
				}
			}
		}
		return (only != null) ? Mono.empty() : Mono.error(() -> ambiguous(entries));
	}

	private static McpOAuthException ambiguous(List<ServerRegistry.Entry> entries) {
		String first = entries.get(0).server().name();
		return new McpOAuthException(first,
				"MCP servers %s have the same URL, so the request must name one of them: use a WebClient of your own with the filter McpOAuthManager.filter(\"%s\"), or set the request attribute '%s' to GrantKey.of(\"%s\")"
					.formatted(entries.stream()
						.map((entry) -> "'" + entry.server().name() + "'")
						.collect(Collectors.joining(" and ")), first, RequestAttributes.GRANT, first));
	}

	private Mono<McpOAuthProvider> resolved(ServerRegistry.Entry entry) {
		McpServer server = entry.server();
		if (!this.principals.areSeveral()) {
			return entry.own(this::provider);
		}
		// The user of the thread is read here, while the subscription is made: later the
		// thread may be another one
		return Mono.deferContextual((context) -> {
			Context user = CallerContext.of(context);
			Context caller = Context.of(context).putAll(user.readOnly());
			return this.principals.keyFor(server, caller)
				.flatMap((resolved) -> isRegistered(server) ? registered(server, resolved, caller)
						: Mono.just(provider(server, resolved, user)));
		});
	}

	/**
	 * A session that is opened next has no user in its context, so the user is made known
	 * here.
	 */
	private Mono<McpOAuthProvider> registered(McpServer server, GrantKey key, Context caller) {
		RegisteredGrant grant = this.providers.registered().grant(server, key);
		return grant.meet().contextWrite(caller).thenReturn(new RegistrationProvider(this, grant, caller));
	}

	private Mono<McpOAuthProvider> named(McpServer server, GrantKey key) {
		return Mono.deferContextual((context) -> {
			Context user = CallerContext.of(context);
			return Mono
				.just(provider(server, key, isRegistered(server) ? Context.of(context).putAll(user.readOnly()) : user));
		});
	}

	/**
	 * Whether Spring Security keeps the tokens, which it gives to their user only: the
	 * handle then carries the whole context of its caller.
	 */
	private static boolean isRegistered(McpServer server) {
		return server.oauth().registration() != null;
	}

	private McpOAuthProvider provider(McpServer server) {
		return provider(server, server.key());
	}

	private McpOAuthProvider provider(McpServer server, GrantKey key) {
		return provider(server, key, Context.empty());
	}

	private McpOAuthProvider provider(McpServer server, GrantKey key, Context user) {
		return isRegistered(server)
				? new RegistrationProvider(this, this.providers.registered().grant(server, key), user)
				: new DefaultMcpOAuthProvider(this, this.logins, this.providers.kept().provider(server, key), user);
	}

	/**
	 * Add the numbers of principals to the status of the application's own grant.
	 */
	ServerStatus counted(McpServer server, GrantKey key, ServerStatus status) {
		return (key.principal() == null && this.principals.areSeveral())
				? status.withPrincipals(this.providers.principals(server)) : status;
	}

	@Override
	public ExchangeFilterFunction filter(String server) {
		this.servers.get(server);
		return new McpOAuthFilter((request) -> providerFor(request, server), GatewayHeaders.below(this::servers));
	}

	@Override
	public McpOAuthAdministration administration() {
		return this.administration;
	}

	@Override
	public void close() {
		CountDownLatch ended = new CountDownLatch(1);
		end().doFinally((signal) -> ended.countDown()).subscribe();
		try {
			if (!ended.await(LONGEST_SHUTDOWN.toNanos(), TimeUnit.NANOSECONDS)) {
				logger.warn("A refresh is still under way although the manager closes: its login may be lost");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.logins.close();
			if (this.threads != null) {
				this.threads.close();
			}
		}
	}

	/**
	 * Begin no new work and store what was answered: the tokens of an attempt or a login
	 * under way exist nowhere else yet.
	 * @return an empty mono at the end of all work
	 */
	Mono<Void> end() {
		return Mono.defer(() -> {
			this.administration.close();
			return Mono.when(this.logins.end(), this.providers.kept().shutdown());
		});
	}

}
