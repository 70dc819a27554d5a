// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.ListingNotSupportedException;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Removes grants of principals that can never be used again: the access token expired
 * long ago, and there is no refresh token, or the authorization server refused it for
 * good. Such a record is no grant any more in the sense of law 5, which protects all
 * others.
 * <p>
 * Also removes the records of logins that ended long ago, where the store does not do so
 * itself. They are compared and removed in one step, so a login that begins meanwhile
 * stays.
 * <p>
 * A pass looks at one page of records, pauses, and goes on. One node at a time does so,
 * because a page is looked at under a lock of its own. A record is read again under its
 * lock before it is removed, so a login or another program that has just renewed it wins.
 */
final class GrantCleanup implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(GrantCleanup.class);

	/**
	 * The lock of a page. No record has this key.
	 */
	private static final GrantKey TURN = GrantKey.of("mcp-oauth-cleanup");

	private static final int PAGE = 100;

	private static final Duration LOCK_WAIT = Duration.ofSeconds(1);

	private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

	/**
	 * A lease is renewed for one minute at most.
	 */
	private static final Duration LONGEST_PAGE = Duration.ofSeconds(60);

	private final TokenStore store;

	private final ServerRegistry servers;

	private final GrantProviderRegistry providers;

	private final LoginService logins;

	private final CleanupSettings settings;

	private final Clock clock;

	private final WorkThreads threads;

	private final Disposable.Swap running = Disposables.swap();

	GrantCleanup(RefreshContext context, ServerRegistry servers, GrantProviderRegistry providers, LoginService logins,
			CleanupSettings settings) {
		this.store = context.store();
		this.servers = servers;
		this.providers = providers;
		this.logins = logins;
		this.settings = settings;
		this.clock = context.time().clock();
		this.threads = context.threads();
	}

	/**
	 * Begin, unless there is nothing that could have to be removed.
	 * @return this
	 */
	GrantCleanup start() {
		if (this.settings.after() != null || this.logins.keepsExpired()) {
			Duration jitter = Duration
				.ofNanos(ThreadLocalRandom.current().nextLong(this.settings.first().toNanos() + 1));
			this.running.update(pause(this.settings.first().plus(jitter))
				// A Flux here would load all operators while the application starts
				.then(Mono.defer(this::passes))
				.subscribe(null, this::ended));
		}
		return this;
	}

	private Mono<Void> passes() {
		return Mono.defer(this::pass).then(pause(this.settings.betweenPasses())).repeat().then();
	}

	private void ended(Throwable ex) {
		if (this.settings.after() != null) {
			logger.warn("Unusable grants are not removed: " + ex.getMessage());
		}
		else {
			logger.debug("The records of old logins are not removed: " + ex.getMessage());
		}
	}

	/**
	 * End. A removal that has begun is finished by the store.
	 */
	@Override
	public void close() {
		this.running.dispose();
	}

	/**
	 * Look at all records once.
	 * @return a mono that fails only if the store cannot list
	 */
	private Mono<Void> pass() {
		GrantQuery query = GrantQuery.all(PAGE);
		// The application's own logins are not listed
		return Flux.fromIterable(List.copyOf(this.servers.servers()))
			.concatMap((server) -> removeLogins(server.key()))
			.thenMany(Flux.defer(() -> page(query).expand((page) -> (page.next() != null)
					? pause(this.settings.betweenPages()).then(page(query.after(page.next()))) : Mono.empty())))
			.reduce(0L, (sum, page) -> sum + page.removed())
			.filter((removed) -> removed > 0)
			.doOnNext((removed) -> logger
				.info("%d stored grants that could never be used again were removed".formatted(removed)))
			.onErrorResume((ex) -> !(ex instanceof ListingNotSupportedException), (ex) -> {
				// Another node is at it, or the store is away: the next pass looks again
				logger.debug("A pass over the stored grants has ended early", ex);
				return Mono.empty();
			})
			.then();
	}

	private Mono<Page> page(GrantQuery query) {
		Mono<Page> work = Mono.defer(() -> this.store.list(query))
			.flatMap((page) -> removed(page.entries()).map((removed) -> new Page(page.next(), removed)));
		return this.threads.within(Mono.defer(() -> this.store.locked(TURN, LOCK_WAIT, work)), LONGEST_PAGE);
	}

	private Mono<Long> removed(List<GrantQuery.Entry> entries) {
		Duration after = this.settings.after();
		return Flux.fromIterable(entries)
			.concatMap((entry) -> removeLogins(entry.key())
				.then((after != null && entry.hasGrant()) ? remove(entry.key(), after) : Mono.empty()))
			.count();
	}

	/**
	 * Remove the logins of a grant if all of them ended long ago.
	 * @return an empty mono. Does not fail: they are looked at again
	 */
	private Mono<Void> removeLogins(GrantKey key) {
		return this.logins.keepsExpired()
				? this.threads.within(this.logins.removeExpired(key), LONGEST_CALL).onErrorResume((ex) -> {
					logger.debug(
							LogMessage.format("Logins of MCP server '%s' are looked at another time", key.server()),
							ex);
					return Mono.empty();
				}).then() : Mono.empty();
	}

	/**
	 * Remove a grant if it is unusable.
	 * @return a mono with the key if it was removed. Does not fail: the grant is looked
	 * at again
	 */
	private Mono<GrantKey> remove(GrantKey key, Duration after) {
		Mono<StoredGrant> unusable = Mono.defer(() -> this.store.load(key))
			.filter((stored) -> isUnusable(stored, after));
		return this.threads
			.within(unusable.flatMap((seen) -> this.store.locked(key, LOCK_WAIT,
					unusable.flatMap((again) -> this.store.purge(key).thenReturn(key)))), LONGEST_CALL)
			.onErrorResume((ex) -> {
				logger.debug(LogMessage.format("A grant of MCP server '%s' is looked at another time", key.server()),
						ex);
				return Mono.empty();
			})
			.doFinally((signal) -> this.providers.forgetUnused(key));
	}

	private boolean isUnusable(StoredGrant stored, Duration after) {
		Grant grant = stored.grant();
		Instant expiresAt = (grant != null) ? grant.expiresAt() : null;
		return grant != null && expiresAt != null && expiresAt.isBefore(this.clock.instant().minus(after))
				&& !isRenewable(grant, stored.lessons().refusedToken());
	}

	private static boolean isRenewable(Grant grant, GrantLessons.@Nullable RefusedToken refused) {
		return grant.refreshToken() != null
				&& (refused == null || !refused.fingerprint().equals(grant.refreshToken().fingerprint()));
	}

	private Mono<Void> pause(Duration pause) {
		return Mono.delay(pause, this.threads.timer()).publishOn(this.threads.blocking()).then();
	}

	/**
	 * A page that was looked at.
	 *
	 * @param next where the next one begins, {@code null} if this was the last
	 * @param removed how many grants were removed
	 */
	private record Page(@Nullable String next, long removed) {

	}

}
