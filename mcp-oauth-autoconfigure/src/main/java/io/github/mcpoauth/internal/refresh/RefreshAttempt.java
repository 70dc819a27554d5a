// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.SharedRun;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One refresh attempt, from the lock to the store, for all callers that wait for it. It
 * replaces one access token, or gets the first. If another process has done that already,
 * it adopts the result.
 * <p>
 * The order is: lock, reload, decide, note, exchange, store, publish, free the slot, wake
 * the waiters. Note and exchange are in {@link GrantRenewal}.
 */
final class RefreshAttempt {

	private static final Log logger = LogFactory.getLog(RefreshAttempt.class);

	/**
	 * How long an attempt may hold the lock. Each exchange and each call of the store has
	 * a shorter bound of its own; this one ends work without a bound, such as a supplier
	 * of the application that never answers.
	 */
	private static final Duration LONGEST = Duration.ofMinutes(3);

	/**
	 * The pause between two looks at the record while another process is exchanging its
	 * refresh token.
	 */
	private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

	/**
	 * The pause between two looks into memory while another process has the lock.
	 */
	private static final Duration TICK = Duration.ofMillis(50);

	private static final int FIRST_LOOK = 8;

	private static final String REMOVED = "its login was removed";

	private final String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());

	private final GrantParts parts;

	private final McpServer server;

	private final GrantKey key;

	private final TokenStore store;

	private final StoreCalls calls;

	private final GrantRenewal renewal;

	private final ProviderState state;

	private final @Nullable AccessToken replaces;

	private final Trigger trigger;

	private final Consumer<RefreshAttempt> ended;

	private final AtomicInteger waiters = new AtomicInteger();

	private final SharedRun<RefreshResult> run;

	/**
	 * Written by the attempt alone. A caller that misses the newest value gets a less
	 * exact message, and no more.
	 */
	private volatile @Nullable Pause otherProcess;

	/**
	 * Create an attempt that has not started.
	 * @param parts the parts of the provider
	 * @param replaces the access token to replace, {@code null} to get the first
	 * @param trigger the trigger
	 * @param ended called when the attempt has ended, before its waiters hear
	 */
	RefreshAttempt(GrantParts parts, @Nullable AccessToken replaces, Trigger trigger, Consumer<RefreshAttempt> ended) {
		this.parts = parts;
		this.server = parts.server();
		this.key = parts.key();
		this.store = parts.store();
		this.calls = parts.calls();
		this.renewal = parts.renewal();
		this.state = parts.state();
		this.replaces = replaces;
		this.trigger = trigger;
		this.ended = ended;
		this.run = new SharedRun<>("The refresh for MCP server '%s'".formatted(this.key),
				parts.settings().lockTimeout().plus(LONGEST).plusSeconds(10), parts.context().threads(), this::end,
				this::endedLate);
	}

	/**
	 * Prefix a log line with the identifier that tells this attempt from others.
	 */
	String message(String text) {
		return "[" + this.id + "] " + text;
	}

	/**
	 * Log a step of this attempt.
	 * @param text supplies the text, without a secret
	 */
	void debug(Supplier<String> text) {
		if (logger.isDebugEnabled()) {
			logger.debug(message(text.get()));
		}
	}

	/**
	 * The {@code WWW-Authenticate} values of the last 401, for discovery to start from.
	 * @return the values, empty if there was no 401
	 */
	List<String> challenges() {
		return this.state.memory().challenges();
	}

	/**
	 * Whether the result answers a caller that wants to replace a token.
	 * @param token the token, {@code null} for a caller that wants the first
	 * @return {@code true} if this attempt replaces the same one
	 */
	boolean replaces(@Nullable AccessToken token) {
		return Objects.equals(this.replaces, token);
	}

	/**
	 * Whether a grant that this attempt did not get serves its callers: with a token that
	 * has not expired and is not the one to replace.
	 * @param cached the grant
	 * @return {@code true} if its token answers them
	 */
	boolean isReplacement(CachedGrant cached) {
		AccessToken token = cached.token();
		return token != null && !replaces(token) && !cached.isExpired(this.parts.millis());
	}

	Trigger trigger() {
		return this.trigger;
	}

	/**
	 * How long this attempt may still wait for another process that may have spent the
	 * refresh token.
	 * @return the longest wait, {@code null} if it does not wait for another process
	 */
	@Nullable Duration remainingWaitForOther() {
		Pause pause = this.otherProcess;
		long now = this.parts.nanos();
		return (pause != null && !pause.isOver(now)) ? pause.remaining(now) : null;
	}

	/**
	 * Start the attempt on the calling thread.
	 * @param work supplies the work, {@link #work()} or a shorter way to a result
	 */
	void start(Supplier<Mono<RefreshResult>> work) {
		this.run.start(work);
	}

	/**
	 * The result, for any number of waiters.
	 * @return a mono that does not fail; cancelling it leaves the attempt as it is
	 */
	Mono<RefreshResult> result() {
		return Mono.defer(() -> {
			this.waiters.incrementAndGet();
			return this.run.result();
		})
			.onErrorResume((ex) -> Mono.just(new RefreshResult.Transient(unexpected(ex), null)))
			.switchIfEmpty(Mono.fromSupplier(() -> new RefreshResult.Transient(unexpected(null), null)));
	}

	private static String unexpected(@Nullable Throwable failure) {
		return (failure instanceof TimeoutException) ? "the refresh did not end in time"
				: "the refresh failed unexpectedly, see the log";
	}

	private void end(@Nullable RefreshResult result, @Nullable Throwable failure) {
		try {
			if (result != null) {
				String reason = result.recovery().reason();
				debug(() -> "The refresh ends with %s%s".formatted(result.outcome(),
						(reason != null) ? ": " + reason : ""));
			}
			else {
				logger.error(message("A refresh for MCP server '%s' failed unexpectedly".formatted(this.key)), failure);
				this.state.failed(unexpected(failure));
			}
			listener().refreshEnded(this.server.name(), this.waiters.get());
		}
		finally {
			// The slot must be free after any failure, or no attempt ever follows
			this.ended.accept(this);
		}
	}

	/**
	 * The result came after the deadline. All of it is in the memory already; only the
	 * waiters had to be told before.
	 */
	private void endedLate(@Nullable RefreshResult result, @Nullable Throwable failure) {
		logger.info(message("A refresh for MCP server '%s' ended after its deadline with %s"
			.formatted(this.key.server(), (result != null) ? result.outcome() : "a failure")));
	}

	private McpOAuthListener listener() {
		return this.parts.context().listener();
	}

	/**
	 * The work of the attempt.
	 * @return a mono with the result, which does not fail: all that was stored is
	 * published when it ends
	 */
	Mono<RefreshResult> work() {
		return Mono.defer(() -> {
			debug(() -> "A refresh for MCP server '%s' begins, by %s".formatted(this.key, this.trigger));
			return locked();
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			this.state.storeFailed(ex);
			// A later read clears the trouble of the store, so the pause keeps the cause
			this.state.failed(String.valueOf(ex.getMessage()));
			logger.warn(message("No refresh for MCP server '%s': %s".formatted(this.key, ex.getMessage())));
			return Mono.just(new RefreshResult.StoreFailed(ex));
		});
	}

	/**
	 * A store whose lock is a lease may have very many processes that need the token at
	 * once. If they all took the lock one after the other to find the new token, the last
	 * one would wait for the whole queue. So they look for it as well while they wait.
	 */
	private Mono<RefreshResult> locked() {
		AtomicBoolean decided = new AtomicBoolean();
		return this.store.canLoseLock() ? Mono.firstWithSignal(renewUnderLock(decided), awaitRenewalElsewhere(decided))
				: renewUnderLock(decided);
	}

	/**
	 * Renew the token under the lock.
	 * @param decided becomes true when the work begins. If it is true before, the work is
	 * not done
	 */
	private Mono<RefreshResult> renewUnderLock(AtomicBoolean decided) {
		return Mono.defer(() -> {
			long asked = this.parts.nanos();
			return this.store.locked(this.key, this.parts.settings().lockTimeout(), Mono.defer(() -> {
				if (!decided.compareAndSet(false, true)) {
					// The result is there, and releases the lock in a moment
					return Mono.never();
				}
				Duration waited = Duration.ofNanos(this.parts.context().time().nanos() - asked);
				debug(() -> "The lock was had after %d ms".formatted(waited.toMillis()));
				listener().locked(this.server.name(), waited);
				// Inside the lock, so that the lock is released when the time is over
				return this.parts.context().threads().within(underLock(), LONGEST);
			}));
		}).onErrorResume(SpentElsewhereException.class, this::waitForOther);
	}

	/**
	 * Wait until the store has a token that makes the work needless. The record is read
	 * when the store has heard of a change, and in any case after half a second and each
	 * time the wait has doubled, because not every store hears of changes.
	 */
	private Mono<RefreshResult> awaitRenewalElsewhere(AtomicBoolean decided) {
		WorkThreads threads = this.parts.context().threads();
		return Flux.interval(TICK, threads.timer())
			.onBackpressureDrop()
			.takeWhile((tick) -> !decided.get())
			.filter((tick) -> (tick >= FIRST_LOOK && Long.bitCount(tick) == 1) || isReplaced())
			.concatMap((tick) -> adopted(decided), 1)
			.next()
			.switchIfEmpty(Mono.never());
	}

	private boolean isReplaced() {
		CachedGrant cached = this.state.cached();
		return cached != null && cached.isPersisted() && !this.store.isCurrent(this.key, cached.stamp());
	}

	private Mono<RefreshResult> adopted(AtomicBoolean decided) {
		return Mono.defer(() -> {
			long writes = this.state.memory().writes();
			return this.calls.load().flatMap((stored) -> {
				if (decided.get()) {
					return Mono.empty();
				}
				this.state.loaded(stored, writes);
				GrantMemory memory = this.state.memory().forAttempt(this.trigger == Trigger.DEMAND);
				Standing standing = this.parts.standing(memory, this.replaces);
				boolean usable = standing instanceof Standing.Usable || standing instanceof Standing.Renewable;
				return (usable && decided.compareAndSet(false, true)) ? renewedElsewhere(memory) : Mono.empty();
			});
		}).onErrorResume(TokenStoreException.class, (ex) -> Mono.empty());
	}

	private Mono<RefreshResult> renewedElsewhere(GrantMemory memory) {
		debug(() -> "The token of MCP server '%s' was renewed elsewhere".formatted(this.key));
		return Mono.just(new RefreshResult.Succeeded(Objects.requireNonNull(memory.token()), true));
	}

	/**
	 * Wait without the lock, so that the other process can store its answer, and look
	 * again.
	 */
	private Mono<RefreshResult> waitForOther(SpentElsewhereException pending) {
		debug(() -> "Another process is exchanging the refresh token of MCP server '%s', for %d ms at most"
			.formatted(this.key, pending.remaining().toMillis()));
		this.otherProcess = Pause.begin(this.parts.context().time(), pending.remaining());
		Duration pause = (pending.remaining().compareTo(LOOK_AGAIN) < 0) ? pending.remaining() : LOOK_AGAIN;
		WorkThreads threads = this.parts.context().threads();
		return Mono.delay(pause, threads.timer()).publishOn(threads.blocking()).then(Mono.defer(this::locked));
	}

	private Mono<RefreshResult> underLock() {
		return this.calls.load().flatMap((stored) -> {
			CachedGrant cached = this.state.loadedUnderLock(stored);
			return cached.isPersisted() ? proceed(stored) : persist(cached, stored);
		});
	}

	/**
	 * Store a grant that exists in this process only before its refresh token is spent.
	 */
	private Mono<RefreshResult> persist(CachedGrant cached, StoredGrant stored) {
		return StoreRetry.store(this.parts, cached, stored)
			.flatMap(this::proceed)
			.onErrorResume(TokenStoreException.class, (ex) -> {
				this.state.storeFailed(ex);
				this.state.failed("the newest token could not be stored");
				return Mono.just(isReplacement(cached)
						? new RefreshResult.Succeeded(Objects.requireNonNull(cached.token()), false)
						: new RefreshResult.StoreFailed(ex));
			});
	}

	/**
	 * Decide by the standing of the grant as it is under the lock.
	 */
	private Mono<RefreshResult> proceed(StoredGrant stored) {
		GrantMemory memory = this.state.memory().forAttempt(this.trigger == Trigger.DEMAND);
		if (memory.grant() == null && this.replaces != null) {
			return removed();
		}
		Standing standing = this.parts.standing(memory, this.replaces);
		if (standing instanceof Standing.LoginRequired login) {
			return Mono.just(new RefreshResult.LoginRequired(login.reason(), login.correction()));
		}
		if (standing instanceof Standing.Absent absent) {
			return loginRequired(absent.reason());
		}
		if (standing instanceof Standing.MustRenew) {
			return renew(stored, memory.grant());
		}
		return renewedElsewhere(memory);
	}

	/**
	 * A grant that was removed while it was to be renewed is not brought back. The next
	 * caller may get a new one.
	 */
	Mono<RefreshResult> removed() {
		return this.renewal.startsAnew()
				? Mono.just(new RefreshResult.Transient("its token was removed meanwhile", null))
				: loginRequired(REMOVED);
	}

	private Mono<RefreshResult> renew(StoredGrant stored, @Nullable Grant grant) {
		debug(() -> "The renewal begins");
		Object stamp = this.renewal.stamp();
		return this.renewal.renew(grant, this).flatMap((exchange) -> {
			Grant renewed = exchange.renewed();
			return (renewed != null) ? keep(renewed, stored)
					: new FailedRenewal(this, this.parts, exchange, stored, stamp).result();
		})
			.onErrorResume(GrantConflictException.class, (ex) -> this.calls.load().flatMap(this::overtaken))
			.onErrorResume(ExchangeException.class, (ex) -> outage(ex, stored))
			.onErrorResume(GrantRenewal.NotRenewableException.class, (ex) -> {
				String reason = "its token cannot be renewed: " + ex.getMessage();
				if (!ex.isLasting()) {
					return loginRequired(reason);
				}
				this.state.refused(this.renewal.replacedToken(grant), stamp, reason);
				return Mono.just(FailedRenewal.loginRequired(this, this.parts, reason, this.server.correction()));
			});
	}

	/**
	 * Store the new grant, then publish it. A grant that cannot be stored is not lost: it
	 * is used from memory, and stored before its refresh token is spent.
	 */
	private Mono<RefreshResult> keep(Grant renewed, StoredGrant stored) {
		return save(renewed, stored).onErrorResume(GrantConflictException.class, (ex) -> saveOver(renewed, stored))
			.onErrorResume(TokenStoreException.class, (ex) -> {
				logger.warn(message("The new token of MCP server '%s' lives in this process only: %s"
					.formatted(this.key, ex.getMessage())));
				CachedGrant cached = this.state.unpersisted(renewed, stored, ex);
				this.state.failed("the newest token could not be stored");
				return Mono.just(succeeded(cached, false));
			});
	}

	private Mono<RefreshResult> save(Grant renewed, StoredGrant stored) {
		Mono<StoredGrant> saving = this.calls.save(renewed, stored.grant()).doOnCancel(() -> cutOff(renewed, stored));
		return saving.flatMap((saved) -> {
			CachedGrant cached = this.state.written(saved);
			return this.calls.withdrawSpending()
				.then(forget(stored.lessons()))
				.then(Mono.fromSupplier(() -> succeeded(cached, false)));
		});
	}

	/**
	 * The record was replaced without the lock. One with the tokens that were spent, as a
	 * program writes that changes other members, is of no use to any process: the new
	 * grant replaces it.
	 */
	private Mono<RefreshResult> saveOver(Grant renewed, StoredGrant stored) {
		return this.calls.load().doOnCancel(() -> cutOff(renewed, stored)).flatMap((present) -> {
			Grant spent = stored.grant();
			return (spent != null && spent.hasTokensOf(present.grant()))
					? save(StoreRetry.above(present.grant(), renewed), present) : overtaken(present);
		});
	}

	/**
	 * The time of the attempt was over while the new grant was stored, as after a pause
	 * of the whole process. The pair exists here only, so it goes into the memory.
	 */
	private void cutOff(Grant renewed, StoredGrant stored) {
		CachedGrant cached = this.state.cached();
		if (cached == null || !renewed.hasTokensOf(cached.grant())) {
			this.state.unpersisted(renewed, stored, new TokenStoreException(this.server.name(),
					"The refresh of '%s' did not end in time".formatted(this.key), null));
		}
	}

	/**
	 * Another process wrote without the lock, or removed the grant while it was renewed:
	 * its record counts.
	 */
	private Mono<RefreshResult> overtaken(StoredGrant stored) {
		CachedGrant cached = this.state.loadedUnderLock(stored);
		if (cached.grant() == null) {
			return removed();
		}
		return Mono.just(isReplacement(cached) ? succeeded(cached, true)
				: mayPass(new UnavailableException("its stored token was replaced meanwhile", null, null)));
	}

	/**
	 * Remove the refusals that a success has disproved.
	 */
	private Mono<Void> forget(GrantLessons lessons) {
		GrantLessons rest = lessons.withRefusedToken(null).withClientRefusals(null).withTokenRefusals(null);
		return rest.equals(lessons) ? Mono.empty() : this.calls.saveLessons(rest);
	}

	RefreshResult succeeded(CachedGrant cached, boolean adopted) {
		AccessToken token = Objects.requireNonNull(cached.token());
		if (!adopted) {
			debug(() -> "The token of MCP server '%s' was renewed, expires %s".formatted(this.key, token.expiresAt()));
		}
		return new RefreshResult.Succeeded(token, adopted);
	}

	/**
	 * A failure that says nothing about the refresh token.
	 * @param failure the failure
	 * @param stored the stored record
	 * @return a mono with the result
	 */
	Mono<RefreshResult> outage(ExchangeException failure, StoredGrant stored) {
		GrantLessons lessons = stored.lessons();
		Mono<Void> forgotten = (lessons.tokenRefusals() != null)
				? this.calls.saveLessons(lessons.withTokenRefusals(null)) : Mono.empty();
		return forgotten.then(Mono.fromSupplier(() -> mayPass(failure)));
	}

	/**
	 * A failure that may pass.
	 * @param failure the failure
	 * @return the result, after which requests make a pause
	 */
	RefreshResult mayPass(ExchangeException failure) {
		Duration retryAfter = (failure instanceof UnavailableException unavailable) ? unavailable.retryAfter() : null;
		String reason = String.valueOf(failure.getMessage());
		Duration pause = this.state.failed(new RetryBackoff.Failure(reason, retryAfter));
		debug(() -> "No refresh for MCP server '%s' just now, next try in %s: %s".formatted(this.key, pause, reason));
		return new RefreshResult.Transient(reason, pause);
	}

	private static Mono<RefreshResult> loginRequired(String reason) {
		return Mono.just(new RefreshResult.LoginRequired(reason, null));
	}

}
