// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The live holder of one grant in this process. It looks at the store before each use of
 * the grant, renews the grant once for all callers, and remembers for how long not to try
 * again.
 */
public final class GrantProvider implements TokenSource {

	private final GrantParts parts;

	private final McpServer server;

	private final GrantKey key;

	private final ProviderState state;

	private final GrantProviderRegistry registry;

	private final GrantReader reader;

	private final StoreRetry storeRetry;

	private final AttemptSlot attempts;

	private final RejectionHandler rejections;

	// Read by requests that got this provider before it was removed
	private volatile boolean removed;

	GrantProvider(GrantParts parts, GrantProviderRegistry registry) {
		this.parts = parts;
		this.server = parts.server();
		this.key = parts.key();
		this.state = parts.state();
		this.registry = registry;
		this.reader = new GrantReader(parts);
		this.storeRetry = new StoreRetry(parts, this::tellRegistry);
		this.attempts = new AttemptSlot(parts, this.reader, this, registry, this::attemptEnded);
		this.rejections = new RejectionHandler(parts, this.reader, this.attempts, this);
	}

	@Override
	public McpServer server() {
		return this.server;
	}

	@Override
	public GrantKey key() {
		return this.key;
	}

	/**
	 * The server was removed: this provider must not be found again.
	 */
	void remove() {
		this.removed = true;
	}

	boolean isRemoved() {
		return this.removed;
	}

	/**
	 * The time of the last use, to within the time that requests share a look at the
	 * store.
	 * @return a reading of the nanosecond counter
	 */
	long lastUsed() {
		return this.reader.lookedAt();
	}

	/**
	 * Whether nothing is lost when this provider is forgotten.
	 * @return {@code true} if all it knows is stored and no work is under way
	 */
	boolean isDispensable() {
		return !this.attempts.isTaken() && !this.reader.isReading() && !this.storeRetry.isNeeded();
	}

	/**
	 * Whether the grant cannot be used before a login, as far as is known without reading
	 * the store.
	 * @return {@code true} if requests fail with {@link LoginRequiredException} or are
	 * sent without a token
	 */
	boolean isLoginRequired() {
		GrantMemory memory = this.state.memory();
		if (memory.cached() == null) {
			return false;
		}
		Standing standing = this.parts.standing(memory, null);
		if (standing instanceof Standing.OnTrial trial) {
			standing = trial.rest();
		}
		return standing instanceof Standing.LoginRequired || standing instanceof Standing.Absent;
	}

	/**
	 * The {@code WWW-Authenticate} values of the last 401, for a login to start from.
	 * @return the values, empty if there was no 401
	 */
	public List<String> challenges() {
		return this.state.memory().challenges();
	}

	@Override
	public Mono<AccessToken> token() {
		return Mono.defer(() -> {
			CachedGrant cached = this.state.cached();
			if (cached != null && this.reader.isCurrent(cached)) {
				return answer();
			}
			return this.reader.look().flatMap((read) -> answer());
		});
	}

	private Mono<AccessToken> answer() {
		GrantMemory memory = this.state.memory();
		return answer(memory, this.parts.standing(memory, null));
	}

	/**
	 * The answer to a caller that wants a token.
	 * @param memory the memory
	 * @param standing the standing of the grant by it
	 * @return a mono with the token, as {@link #token()}
	 */
	@SuppressWarnings("ReferenceEquality") // one instance each
	Mono<AccessToken> answer(GrantMemory memory, Standing standing) {
		if (standing == Standing.USABLE) {
			return answerOf(memory);
		}
		if (standing == Standing.RENEWABLE) {
			return Mono.deferContextual((caller) -> {
				this.attempts.join(memory.token(), Trigger.BACKGROUND, caller);
				return answerOf(memory);
			});
		}
		if (standing instanceof Standing.OnTrial trial) {
			return (!this.attempts.isTaken() && this.state.takeTrial(trial.rejected())) ? answerOf(memory)
					: answer(memory, trial.rest());
		}
		if (standing instanceof Standing.Absent) {
			return Mono.empty();
		}
		if (standing instanceof Standing.LoginRequired login) {
			return Mono.error(loginRequired(login.reason(), login.correction()));
		}
		if (standing instanceof Standing.Waiting waiting && !this.attempts.isTaken()) {
			RetryBackoff backoff = waiting.backoff();
			return Mono.error(new TransientAuthorizationException(this.server.name(), backoff.reason(),
					backoff.remaining(this.parts.nanos()), null));
		}
		return this.attempts.resultInTime(memory.token(), Trigger.REQUEST).flatMap((result) -> {
			McpOAuthException failure = failure(result);
			return (failure != null) ? Mono.error(failure) : Mono.just(((RefreshResult.Succeeded) result).token());
		});
	}

	private static Mono<AccessToken> answerOf(GrantMemory memory) {
		return Objects.requireNonNull(memory.cached()).answer();
	}

	private LoginRequiredException loginRequired(String reason, @Nullable String correction) {
		this.state.loginRequired(reason, correction);
		return new LoginRequiredException(this.server, this.key, reason, correction);
	}

	private @Nullable McpOAuthException failure(RefreshResult result) {
		McpOAuthException failure = result.failure(this.server, this.key);
		if (failure instanceof LoginRequiredException login) {
			this.state.loginRequired(login.getReason(), login.getCorrection());
		}
		return failure;
	}

	@Override
	public Mono<Recovery> recover(Rejection rejection) {
		return this.rejections.recover(rejection);
	}

	@Override
	public void accepted(AccessToken token) {
		this.state.accepted(token);
	}

	@Override
	public Mono<Void> refresh(@Nullable Duration minTtl) {
		return this.reader.current().flatMap((cached) -> {
			GrantMemory memory = this.state.memory();
			Standing standing = this.parts.standing(memory, null);
			if (standing instanceof Standing.Absent absent) {
				return Mono.error(loginRequired(absent.reason(), null));
			}
			boolean usable = standing instanceof Standing.Usable || standing instanceof Standing.Renewable;
			if (usable && minTtl != null && isGoodFor(memory.grant(), minTtl)) {
				return Mono.empty();
			}
			return this.attempts.result(memory.token(), Trigger.DEMAND).flatMap((result) -> {
				McpOAuthException failure = failure(result);
				return (failure != null) ? Mono.error(failure) : Mono.<Void>empty();
			});
		});
	}

	private boolean isGoodFor(@Nullable Grant current, Duration minTtl) {
		Instant expiresAt = (current != null) ? current.expiresAt() : null;
		return expiresAt == null || this.parts.context().time().clock().instant().plus(minTtl).isBefore(expiresAt);
	}

	@Override
	public Mono<ServerStatus> status() {
		StatusProjection projection = new StatusProjection(this.parts);
		// The stamp of a record does not cover the refusals that other processes have met
		return this.reader.look()
			.map((cached) -> projection.of(this.state.memory()))
			.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(projection.of(ex)))
			.onErrorResume(TransientAuthorizationException.class, (ex) -> Mono
				.just(projection.of(new TokenStoreException(this.server.name(), String.valueOf(ex.getMessage()), ex))));
	}

	/**
	 * The slot for refresh attempts.
	 * @return the slot
	 */
	AttemptSlot attempts() {
		return this.attempts;
	}

	/**
	 * The end of the attempt under way.
	 * @return a mono that ends with it, at once if no attempt is under way
	 */
	Mono<Void> ended() {
		return this.attempts.ended();
	}

	/**
	 * Wait for the attempt under way, then store a grant that is not stored.
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> shutdown() {
		return ended().then(Mono.defer(() -> this.storeRetry.isNeeded() ? this.storeRetry.now().then() : Mono.empty()));
	}

	private void attemptEnded() {
		tellRegistry();
		this.storeRetry.schedule();
	}

	private void tellRegistry() {
		if (!this.attempts.isTaken() && !this.storeRetry.isNeeded()) {
			this.registry.end(this);
		}
	}

}
