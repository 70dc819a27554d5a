// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RejectedException;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.store.ClientRecords;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * One refresh, from the lock to the store, on behalf of everybody who waits for it. It
 * replaces one access token, or brings the first; whoever finds that done already has
 * nothing to do.
 */
final class RefreshAttempt {

	private static final Log logger = LogFactory.getLog(RefreshAttempt.class);

	/**
	 * How far apart two refusals of a client must be to count as two.
	 */
	private static final Duration APART = Duration.ofSeconds(5);

	private static final String REMOVED = "its login was removed";

	private final String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());

	private final McpServer server;

	private final GrantKey key;

	private final @Nullable AccessToken replaces;

	private final Trigger trigger;

	private final TokenStore store;

	private final GrantRenewal renewal;

	private final ProviderState state;

	private final GrantBinding binding;

	private final RefreshSettings settings;

	private final ClientStrikes strikes;

	private final Clock clock;

	private final McpOAuthListener listener;

	private final AtomicInteger waiters = new AtomicInteger();

	private final CompletableFuture<RefreshResult> landing = new CompletableFuture<>();

	RefreshAttempt(McpServer server, GrantKey key, @Nullable AccessToken replaces, Trigger trigger, TokenStore store,
			GrantRenewal renewal, ProviderState state, GrantBinding binding, RefreshSettings settings,
			ClientStrikes strikes, McpOAuthListener listener, Clock clock) {
		this.server = server;
		this.key = key;
		this.replaces = replaces;
		this.trigger = trigger;
		this.store = store;
		this.renewal = renewal;
		this.state = state;
		this.binding = binding;
		this.settings = settings;
		this.strikes = strikes;
		this.listener = listener;
		this.clock = clock;
	}

	/**
	 * All that is said of one refresh has its id, to be told from another's.
	 */
	private String message(String text) {
		return "[" + this.id + "] " + text;
	}

	@Nullable AccessToken replaces() {
		return this.replaces;
	}

	/**
	 * The end of the flight, for any number of waiters.
	 * @return a mono that a cancelled waiter does not cancel
	 */
	Mono<RefreshResult> landing() {
		return Mono.defer(() -> {
			this.waiters.incrementAndGet();
			return Mono.fromFuture(this.landing, true);
		});
	}

	boolean hasLanded() {
		return this.landing.isDone();
	}

	void land(RefreshResult result) {
		try {
			this.listener.landed(this.server.name(), this.waiters.get());
		}
		finally {
			this.landing.complete(result);
		}
	}

	/**
	 * Do the work.
	 * @return a mono with the result, which does not fail: what was stored is published
	 * when it ends
	 */
	Mono<RefreshResult> run() {
		return Mono.defer(() -> {
			long asked = System.nanoTime();
			logger.debug(message("A refresh for MCP server '%s' begins, by %s".formatted(this.key, this.trigger)));
			return this.store.locked(this.key, this.settings.lockTimeout(), Mono.defer(() -> {
				Duration waited = Duration.ofNanos(System.nanoTime() - asked);
				logger.debug(message("The lock was had after %d ms".formatted(waited.toMillis())));
				this.listener.locked(this.server.name(), waited);
				return underLock();
			}));
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			this.state.storeFailed(ex);
			this.state.failed("the token store cannot be used", null);
			logger.warn(message("No refresh for MCP server '%s': %s".formatted(this.key, ex.getMessage())));
			return Mono.just(new RefreshResult.StoreFailed(ex));
		}).onErrorResume((ex) -> {
			logger.error(message("A refresh for MCP server '%s' failed unexpectedly".formatted(this.key)), ex);
			String reason = "the refresh failed unexpectedly (%s)".formatted(ex.getClass().getSimpleName());
			return Mono.just(new RefreshResult.Transient(reason, this.state.failed(reason, null)));
		});
	}

	private Mono<RefreshResult> underLock() {
		return this.store.load(this.key).flatMap((stored) -> {
			CachedGrant view = this.state.loadedUnderLock(stored);
			if (!view.isPersisted()) {
				return persist(view, stored);
			}
			return proceed(view, stored);
		});
	}

	/**
	 * What could not be stored before comes first: no refresh token is spent on top of
	 * one that exists in this process only.
	 */
	private Mono<RefreshResult> persist(CachedGrant view, StoredGrant stored) {
		Grant grant = Objects.requireNonNull(view.grant());
		return this.store.save(this.key, grant, stored.grant()).flatMap((saved) -> {
			logger.info(message("The token of MCP server '%s' is stored now".formatted(this.key)));
			return this.store.withdrawSpending(this.key, RefreshTokenRenewal.OWNER)
				.onErrorComplete()
				.then(Mono.defer(() -> proceed(this.state.written(saved), saved)));
		}).onErrorResume(TokenStoreException.class, (ex) -> {
			this.state.storeFailed(ex);
			this.state.failed("the newest token could not be stored", null);
			AccessToken token = Objects.requireNonNull(view.token());
			boolean usable = !view.isExpired(this.clock.millis()) && !token.equals(this.replaces);
			return Mono.just(usable ? new RefreshResult.Landed(token, false) : new RefreshResult.StoreFailed(ex));
		});
	}

	private Mono<RefreshResult> proceed(CachedGrant view, StoredGrant stored) {
		Grant grant = view.grant();
		if (grant == null) {
			return proceedWithout(stored);
		}
		String foreign = this.binding.violation(grant);
		if (foreign != null && !this.renewal.startsAnew()) {
			return person(foreign);
		}
		AccessToken token = view.token();
		if (foreign == null && token != null && !token.equals(this.replaces) && !view.isExpired(this.clock.millis())) {
			logger.debug(message("The token of MCP server '%s' was renewed by somebody else".formatted(this.key)));
			return Mono.just(new RefreshResult.Landed(token, true));
		}
		String objection = this.renewal.objection(grant);
		if (objection != null) {
			return person("its token is of no more use and " + objection);
		}
		return exchange(stored, grant);
	}

	private Mono<RefreshResult> proceedWithout(StoredGrant stored) {
		if (this.replaces != null) {
			return removed();
		}
		String objection = this.renewal.objection(null);
		return (objection != null) ? person(objection) : exchange(stored, null);
	}

	/**
	 * What was removed while somebody waited to replace it is not brought back. Whoever
	 * asks next may have a new one.
	 */
	private Mono<RefreshResult> removed() {
		return this.renewal.startsAnew()
				? Mono.just(new RefreshResult.Transient("its token was removed meanwhile", null)) : person(REMOVED);
	}

	/**
	 * Whoever asks for it expressly may have corrected what nobody tells of.
	 */
	private @Nullable RefusedRenewal verdictOn(@Nullable Grant grant) {
		RefusedRenewal verdict = this.state.verdictOn(grant);
		boolean triedAgain = verdict != null && verdict.until() != null && this.trigger == Trigger.DEMAND;
		return triedAgain ? null : verdict;
	}

	private Mono<RefreshResult> exchange(StoredGrant stored, @Nullable Grant grant) {
		RefusedRenewal verdict = verdictOn(grant);
		if (verdict != null) {
			return person(verdict.reason());
		}
		String where = (grant != null && grant.tokenEndpoint() != null)
				? UntrustedText.quote(grant.tokenEndpoint().toString()) : "the token endpoint in the metadata";
		logger.debug(message((this.renewal.startsAnew() ? "A token is asked for"
				: "The refresh token is sent to %s".formatted(where))));
		Object stamp = this.renewal.stamp();
		return this.renewal.renew(grant, this.trigger, this.state.challenges()).flatMap((renewal) -> {
			Grant renewed = renewal.renewed();
			if (renewed != null) {
				this.strikes.clear();
				return keep(renewed, stored);
			}
			return failed(renewal, stored, stamp);
		})
			.onErrorResume(GrantConflictException.class, (ex) -> overtaken())
			.onErrorResume(ExchangeException.class, (ex) -> Mono.just(mayPass(ex)))
			.onErrorResume(GrantRenewal.NotRenewableException.class, (ex) -> {
				String reason = "its token cannot be renewed: " + ex.getMessage();
				if (ex.isLasting()) {
					this.state.condemned(this.renewal.spends(grant), stamp, reason);
				}
				return person(reason);
			});
	}

	/**
	 * Store, then publish. A pair that cannot be stored is not lost: it is used from
	 * memory, and stored before anything else is spent.
	 */
	private Mono<RefreshResult> keep(Grant renewed, StoredGrant stored) {
		return this.store.save(this.key, renewed, stored.grant())
			.flatMap((saved) -> this.store.withdrawSpending(this.key, RefreshTokenRenewal.OWNER)
				.onErrorComplete()
				.then(Mono.fromSupplier(() -> landed(this.state.written(saved), false))))
			.onErrorResume(GrantConflictException.class, (ex) -> overtaken())
			.onErrorResume(TokenStoreException.class, (ex) -> {
				logger.warn(message("The new token of MCP server '%s' lives in this process only: %s"
					.formatted(this.key, ex.getMessage())));
				CachedGrant view = this.state.unpersisted(renewed, stored, ex);
				this.state.failed("the newest token could not be stored", null);
				return Mono.just(landed(view, false));
			});
	}

	/**
	 * Somebody wrote past the lock, or removed the grant while it was renewed: theirs
	 * counts.
	 */
	private Mono<RefreshResult> overtaken() {
		return this.store.load(this.key).flatMap((stored) -> {
			CachedGrant view = this.state.loadedUnderLock(stored);
			if (view.grant() == null) {
				return removed();
			}
			return view.isExpired(this.clock.millis())
					? Mono
						.just(mayPass(new UnavailableException("its stored token was replaced meanwhile", null, null)))
					: Mono.just(landed(view, true));
		});
	}

	private RefreshResult landed(CachedGrant view, boolean adopted) {
		AccessToken token = Objects.requireNonNull(view.token());
		if (!adopted) {
			logger.debug(message(
					"The token of MCP server '%s' was renewed, expires %s".formatted(this.key, token.expiresAt())));
		}
		return new RefreshResult.Landed(token, adopted);
	}

	private Mono<RefreshResult> failed(GrantRenewal.Renewal renewal, StoredGrant stored, Object stamp) {
		ExchangeException failure = Objects.requireNonNull(renewal.failure());
		if (failure instanceof RejectedException rejected) {
			return rejected(rejected, renewal, stamp);
		}
		Grant spent = renewal.spent();
		boolean foundOut = stored.grant() != null && spent != null && spent.resourceRefused()
				&& !stored.grant().resourceRefused();
		if (spent == null || !foundOut) {
			return Mono.just(mayPass(failure));
		}
		Grant remembered = spent.mutate().generation(spent.generation() + 1).build();
		return this.store.save(this.key, remembered, stored.grant())
			.map(this.state::written)
			.onErrorComplete(TokenStoreException.class)
			.then(Mono.fromSupplier(() -> mayPass(failure)));
	}

	private RefreshResult mayPass(ExchangeException failure) {
		Duration retryAfter = (failure instanceof UnavailableException unavailable) ? unavailable.retryAfter() : null;
		String reason = String.valueOf(failure.getMessage());
		Duration pause = this.state.failed(reason, retryAfter);
		logger.debug(message(
				"No refresh for MCP server '%s' just now, next try in %s: %s".formatted(this.key, pause, reason)));
		return new RefreshResult.Transient(reason, pause);
	}

	/**
	 * A refusal is believed only when what was refused is still what there is.
	 */
	private Mono<RefreshResult> rejected(RejectedException rejected, GrantRenewal.Renewal renewal, Object stamp) {
		return this.store.load(this.key).flatMap((stored) -> {
			boolean same = Objects.equals(this.renewal.spends(stored.grant()), this.renewal.spends(renewal.spent()))
					&& stamp.equals(this.renewal.stamp());
			if (same) {
				return isToBeConfirmed(rejected) ? clientRefused(rejected, renewal, stamp)
						: condemned(rejected, renewal, stamp);
			}
			CachedGrant view = this.state.loadedUnderLock(stored);
			if (view.grant() == null && renewal.spent() != null) {
				return removed();
			}
			if (view.token() != null && !view.isExpired(this.clock.millis()) && !view.token().equals(this.replaces)) {
				return Mono.just(landed(view, true));
			}
			return Mono
				.just(mayPass(new UnavailableException("what it is renewed with was replaced meanwhile", null, null)));
		});
	}

	/**
	 * What is not believed for good needs no confirmation.
	 */
	private boolean isToBeConfirmed(RejectedException rejected) {
		return this.renewal.refusalTerm() == null && isAboutClient(rejected);
	}

	private static boolean isAboutClient(RejectedException rejected) {
		return rejected.is("invalid_client") || (rejected.is("unauthorized_client") && rejected.status() == 401);
	}

	/**
	 * Authorization servers say {@code invalid_client} in passing, too. Only when they
	 * say it twice, apart in time, is a registered client given up.
	 */
	private Mono<RefreshResult> clientRefused(RejectedException rejected, GrantRenewal.Renewal renewal, Object stamp) {
		Instant now = this.clock.instant();
		if (!this.strikes.confirm(now, APART)) {
			return Mono.just(mayPass(new UnavailableException(String.valueOf(rejected.getMessage()), APART, rejected)));
		}
		if (renewal.isByRegisteredClient() && renewal.client() != null) {
			return new ClientRecords(this.store).delete(this.key, renewal.client())
				.then(Mono.defer(() -> condemned(rejected, renewal, stamp)));
		}
		return condemned(rejected, renewal, stamp);
	}

	private Mono<RefreshResult> condemned(RejectedException rejected, GrantRenewal.Renewal renewal, Object stamp) {
		String reason = rejected.getMessage()
				+ (renewal.spentBefore() ? ", after an earlier refresh whose outcome is unknown" : "");
		this.state.condemned(this.renewal.spends(renewal.spent()), stamp, reason);
		String correction = this.server.correction();
		logger.warn(message(
				(correction != null) ? "MCP server '%s' gets no token: %s. %s".formatted(this.key, reason, correction)
						: "MCP server '%s' needs a new login: %s. Run `%s`".formatted(this.key, reason,
								this.key.loginCommand())));
		CachedGrant view = this.state.view();
		if (view != null && view.token() != null && !view.token().equals(this.replaces)) {
			return Mono.just(landed(view, true));
		}
		return person(reason);
	}

	private static Mono<RefreshResult> person(String reason) {
		return Mono.just(new RefreshResult.PersonNeeded(reason));
	}

	/**
	 * Counts refusals of the client, which the token endpoint alone makes.
	 */
	static final class ClientStrikes {

		private @Nullable Instant first;

		/**
		 * Count a refusal.
		 * @param now when it happened
		 * @param apart how long ago the first one must be
		 * @return whether it confirms an earlier one
		 */
		synchronized boolean confirm(Instant now, Duration apart) {
			if (this.first == null) {
				this.first = now;
				return false;
			}
			return !now.isBefore(this.first.plus(apart));
		}

		synchronized void clear() {
			this.first = null;
		}

	}

}
