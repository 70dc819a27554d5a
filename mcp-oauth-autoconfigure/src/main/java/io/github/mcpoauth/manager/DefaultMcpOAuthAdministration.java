// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.RemovalOutcome;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.ServerRemoval;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Lists and removes stored grants, of configured servers and of all others, and owns
 * their clean-up.
 */
final class DefaultMcpOAuthAdministration implements McpOAuthAdministration, AutoCloseable {

	private static final Log logger = LogFactory.getLog(DefaultMcpOAuthAdministration.class);

	private static final int SERVERS_AT_ONCE = 8;

	private static final int PAGE = 100;

	/**
	 * For stores that do not bound their calls themselves.
	 */
	private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

	private static final String NOT_CONFIRMED = "The authorization server did not confirm a revocation";

	private final ServerRegistry servers;

	private final LoginService logins;

	private final TokenStore store;

	private final WorkThreads threads;

	private final Duration longestLogout;

	private final GrantCleanup cleanup;

	DefaultMcpOAuthAdministration(ServerRegistry servers, LoginService logins, LoginSettings settings, TokenStore store,
			WorkThreads threads, GrantCleanup cleanup) {
		this.servers = servers;
		this.logins = logins;
		this.store = store;
		this.threads = threads;
		this.cleanup = cleanup;
		this.longestLogout = settings.lockTimeout()
			.plus(settings.revocationTimeout().multipliedBy(2))
			.plus(LONGEST_CALL);
	}

	@Override
	public void close() {
		this.cleanup.close();
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return Mono.defer(() -> this.store.list(query));
	}

	@Override
	public Mono<McpOAuthAdministration.Removal> remove(String principal) {
		return Mono.defer(() -> {
			GrantQuery query = GrantQuery.all(PAGE).ofPrincipal(principal);
			AtomicReference<@Nullable String> incomplete = new AtomicReference<>();
			// A login that ends while the records are listed would leave a record
			return this.threads.within(this.logins.cancelAllOf(principal), LONGEST_CALL)
				.onErrorComplete()
				.thenMany(Flux.defer(() -> found(query, principal, incomplete)))
				.flatMapSequential(this::remove, SERVERS_AT_ONCE)
				.collectList()
				.map((removals) -> new McpOAuthAdministration.Removal(removals, incomplete.get()))
				.doOnNext(
						(removal) -> logger.info(LogMessage.format("Removed the records of a principal, servers: %d%s",
								removal.servers().size(), removal.isComplete() ? "" : ", and some may be left")));
		});
	}

	/**
	 * The records of a principal. Where the store cannot tell, each configured server may
	 * have some.
	 */
	private Flux<GrantQuery.Entry> found(GrantQuery query, String principal,
			AtomicReference<@Nullable String> incomplete) {
		Set<GrantKey> seen = ConcurrentHashMap.newKeySet();
		return page(query).expand((page) -> (page.next() != null) ? page(query.after(page.next())) : Mono.empty())
			.concatMapIterable(GrantQuery.Page::entries)
			.onErrorResume((ex) -> {
				incomplete.set("Records of servers that are not configured may be left: " + reason(ex));
				return Flux.fromIterable(this.servers.servers()).concatMap((server) -> looked(server.key(principal)));
			})
			.filter((entry) -> seen.add(entry.key()));
	}

	private Mono<GrantQuery.Entry> looked(GrantKey key) {
		return this.threads.within(Mono.defer(() -> this.store.load(key)), LONGEST_CALL)
			.map((stored) -> new GrantQuery.Entry(key, stored.grant() != null))
			.onErrorReturn(new GrantQuery.Entry(key, true));
	}

	private Mono<GrantQuery.Page> page(GrantQuery query) {
		return this.threads.within(list(query), LONGEST_CALL);
	}

	private Mono<ServerRemoval> remove(GrantQuery.Entry entry) {
		GrantKey key = entry.key();
		return this.threads.within(logout(key), this.longestLogout)
			.map((revoked) -> revoked ? new ServerRemoval(key.server(), RemovalOutcome.REVOKED, null)
					: removed(entry, NOT_CONFIRMED))
			.onErrorResume((ex) -> {
				logger.debug(LogMessage.format("A grant of MCP server '%s' is removed without a logout", key.server()),
						ex);
				return purge(key).thenReturn(removed(entry, NOT_CONFIRMED + ": " + reason(ex)))
					.onErrorResume((failure) -> Mono
						.just(new ServerRemoval(key.server(), RemovalOutcome.FAILED, reason(failure))));
			})
			.doFinally((signal) -> this.store.forget(key));
	}

	private static ServerRemoval removed(GrantQuery.Entry entry, String reason) {
		return entry.hasGrant() ? new ServerRemoval(entry.key().server(), RemovalOutcome.NOT_REVOKED, reason)
				: new ServerRemoval(entry.key().server(), RemovalOutcome.NO_GRANT, null);
	}

	private Mono<Boolean> logout(GrantKey key) {
		return Mono
			.defer(() -> this.servers.contains(key.server()) ? Mono.just(this.servers.get(key.server()))
					: this.store.load(key).mapNotNull(StoredGrant::grant).mapNotNull((grant) -> remembered(key, grant)))
			.flatMap((server) -> this.logins.purge(server, key))
			.switchIfEmpty(Mono.defer(() -> purge(key).thenReturn(false)));
	}

	private Mono<Void> purge(GrantKey key) {
		return this.threads.within(Mono.defer(() -> this.store.purge(key)), LONGEST_CALL);
	}

	/**
	 * A server that is no longer configured. Its record says where the grant comes from,
	 * and the issuer's own metadata say where it is revoked. The addresses that may be
	 * contacted are those of a server without settings.
	 */
	private static @Nullable McpServer remembered(GrantKey key, Grant grant) {
		try {
			String address = (grant.resource() != null) ? grant.resource() : grant.issuer();
			return (address != null && grant.issuer() != null) ? McpServer.of(key.server(), URI.create(address)) : null;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static String reason(Throwable ex) {
		if (ex instanceof McpOAuthException) {
			return String.valueOf(ex.getMessage());
		}
		return (ex instanceof TimeoutException) ? "the token store did not answer in time"
				: "an unexpected failure, see the log";
	}

}
