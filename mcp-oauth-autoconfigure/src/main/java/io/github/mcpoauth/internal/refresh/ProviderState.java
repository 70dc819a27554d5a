// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.refresh.GrantMemory.StoreTrouble;
import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.store.GrantLessons.RefusedToken;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;

/**
 * Holds the memory of one provider, and publishes the events that its transitions cause.
 * A read is one volatile read; a transition does no I/O and calls no listener before the
 * next memory can be seen.
 */
final class ProviderState {

	private final RefreshSettings settings;

	private final Time time;

	private final double jitter;

	private final GrantRenewal renewal;

	private final RefreshEvents events;

	private final AtomicReference<@Nullable GrantMemory> memory = new AtomicReference<>(GrantMemory.EMPTY);

	ProviderState(RefreshSettings settings, GrantRenewal renewal, Time time, double jitter, RefreshEvents events) {
		this.renewal = renewal;
		this.settings = settings;
		this.time = time;
		this.jitter = jitter;
		this.events = events;
	}

	GrantMemory memory() {
		return Objects.requireNonNull(this.memory.get());
	}

	@Nullable CachedGrant cached() {
		return memory().cached();
	}

	void challenged(List<String> challenges) {
		update((memory) -> memory.challenged(challenges));
	}

	/**
	 * A record was read.
	 * @param stored the record
	 * @param writesBefore {@link GrantMemory#writes()} before it was read
	 * @return the grant to use now: not the record, if this process wrote a newer one
	 * while it was read, or has one in memory that could not be written over it
	 */
	CachedGrant loaded(StoredGrant stored, long writesBefore) {
		return loaded(stored, writesBefore, false);
	}

	/**
	 * A record was read while holding the lock, so no write of this process has overtaken
	 * the read. A program that ignores the lock may have written the record.
	 * @param stored the record
	 * @return the grant to use now
	 */
	CachedGrant loadedUnderLock(StoredGrant stored) {
		return loaded(stored, 0, true);
	}

	private CachedGrant loaded(StoredGrant stored, long writesBefore, boolean locked) {
		// A write between the read and this transition makes the record an old one, so
		// the comparison belongs into the transition
		RefusedRenewal learned = learned(stored);
		Change change = update((memory) -> {
			boolean old = memory.cached() != null
					&& ((!locked && writesBefore != memory.writes()) || memory.supersedes(stored.grant()));
			return old ? memory.storeWorks() : memory.loaded(cachedOf(stored, memory), learned, this.renewal);
		});
		AccessToken token = change.after().token();
		if (change.isOtherToken() && change.before().cached() != null && token != null) {
			this.events.adopted(token.expiresAt());
		}
		return Objects.requireNonNull(change.after().cached());
	}

	/**
	 * The refusal of the record's refresh token that another process has met.
	 */
	private @Nullable RefusedRenewal learned(StoredGrant stored) {
		RefusedToken refused = stored.lessons().refusedToken();
		Secret replaced = this.renewal.replacedToken(stored.grant());
		if (refused == null || replaced == null || this.renewal.refusalTerm() != null
				|| !refused.fingerprint().equals(replaced.fingerprint())) {
			return null;
		}
		return new RefusedRenewal(replaced, this.renewal.stamp(), refused.reason(), null, this.time.clock().instant(),
				null);
	}

	/**
	 * A record was written.
	 * @param stored the record as stored
	 * @return the grant to use now
	 */
	CachedGrant written(StoredGrant stored) {
		return renewed(update((memory) -> memory.written(cachedOf(stored, memory), this.renewal)));
	}

	/**
	 * A grant could not be written, and is used all the same.
	 * @param grant the grant
	 * @param over the record that it would replace
	 * @param error the failure of the store
	 * @return the grant to use now
	 */
	CachedGrant unpersisted(Grant grant, StoredGrant over, TokenStoreException error) {
		StoreTrouble trouble = new StoreTrouble(error, this.time.clock().instant());
		return renewed(update((memory) -> memory.unpersisted(CachedGrant.unpersisted(grant, over, memory.cached(),
				this.time.clock(), this.settings.window(), this.jitter), trouble, this.renewal)));
	}

	private CachedGrant cachedOf(StoredGrant stored, GrantMemory memory) {
		return CachedGrant.of(stored, memory.cached(), this.time.clock(), this.settings.window(), this.jitter);
	}

	private CachedGrant renewed(Change change) {
		CachedGrant cached = Objects.requireNonNull(change.after().cached());
		AccessToken token = cached.token();
		if (change.isOtherToken() && token != null) {
			this.events.refreshed(token.expiresAt(), cached.isPersisted());
		}
		return cached;
	}

	/**
	 * The store could not be read, locked or written.
	 * @param error the failure
	 */
	void storeFailed(TokenStoreException error) {
		update((memory) -> memory.storeFailed(error, this.time.clock().instant()));
	}

	/**
	 * An attempt failed for a reason that may pass.
	 * @param failure the failure
	 * @return how long to wait
	 */
	Duration failed(RetryBackoff.Failure failure) {
		Change change = update(
				(memory) -> memory.failed(RetryBackoff.after(memory.backoff(), this.time, this.settings, failure)));
		RetryBackoff backoff = Objects.requireNonNull(change.after().backoff());
		Duration remaining = backoff.remaining(this.time.nanos());
		this.events.failed(backoff, remaining);
		return remaining;
	}

	/**
	 * An attempt failed on this side.
	 * @param reason one sentence of cause
	 */
	void failed(String reason) {
		failed(new RetryBackoff.Failure(reason, null));
	}

	/**
	 * The authorization server refused the next grant.
	 * @param replaced the token that it would have replaced, {@code null} if absent
	 * @param stamp the state of the other credentials
	 * @param reason one sentence of cause
	 */
	void refused(@Nullable Secret replaced, Object stamp, String reason) {
		refused(replaced, stamp, reason, null, this.renewal.refusalTerm());
	}

	/**
	 * The authorization server refused the configured client, which can be corrected on
	 * its side, too: the refusal is believed for a time.
	 * @param replaced the token that was sent, {@code null} if absent
	 * @param stamp the state of the other credentials
	 * @param reason one sentence of cause
	 * @param correction the setting to correct
	 */
	void misconfigured(@Nullable Secret replaced, Object stamp, String reason, String correction) {
		refused(replaced, stamp, reason, correction, this.settings.pauses().rejection());
	}

	private void refused(@Nullable Secret replaced, Object stamp, String reason, @Nullable String correction,
			@Nullable Duration term) {
		RefusedRenewal refusal = new RefusedRenewal(replaced, stamp, reason, correction, this.time.clock().instant(),
				(term != null) ? Pause.begin(this.time, term) : null);
		update((memory) -> memory.refused(refusal));
		loginRequired(reason, correction);
	}

	/**
	 * The authorization server refused the client.
	 * @param apart how far apart two refusals must be to confirm each other
	 * @return whether this one confirms an earlier one
	 */
	boolean clientRefused(Duration apart) {
		Pause first = memory().clientRefused();
		if (first == null) {
			update((memory) -> memory.clientRefused(Pause.begin(this.time, apart)));
			return false;
		}
		return first.isOver(this.time.nanos());
	}

	/**
	 * A caller was told that a login is required.
	 * @param reason one sentence of cause
	 * @param correction the setting to correct, {@code null} where a login helps
	 */
	void loginRequired(String reason, @Nullable String correction) {
		this.events.loginRequired(reason, correction);
	}

	/**
	 * The MCP server rejected a token.
	 * @param token the token
	 * @param replayed whether it had just been issued to recover from a rejection
	 */
	void rejected(AccessToken token, boolean replayed) {
		RejectedToken rejected = new RejectedToken(token, this.time.clock().instant(), rejectionPause(), replayed,
				false);
		update((memory) -> memory.rejected(rejected));
	}

	/**
	 * Take the one permission to send a rejected token again.
	 * @param rejected the rejection, with its pause over
	 * @return whether the caller may send it
	 */
	@SuppressWarnings("ReferenceEquality") // compare and set
	boolean takeTrial(RejectedToken rejected) {
		// Of many requests that see the end of the pause, one takes the permission; the
		// others see another rejection
		return update((memory) -> (memory.rejected() == rejected) ? memory.tried(rejected, rejectionPause()) : memory)
			.isEffective();
	}

	private Pause rejectionPause() {
		return Pause.begin(this.time, this.settings.pauses().rejection());
	}

	/**
	 * The MCP server accepted a token.
	 * @param token the token
	 */
	void accepted(AccessToken token) {
		RejectedToken rejected = memory().rejected();
		if (rejected != null && !rejected.acceptedElsewhere()) {
			update((memory) -> memory.accepted(token));
		}
	}

	/**
	 * Put the next memory in the place of the present one.
	 */
	private Change update(UnaryOperator<GrantMemory> transition) {
		while (true) {
			GrantMemory before = memory();
			GrantMemory after = transition.apply(before);
			// Another thread may have made a transition meanwhile: then this one is
			// computed again from its result, so that neither is lost
			if (this.memory.compareAndSet(before, after)) {
				Change change = new Change(before, after);
				if (change.isRefusalOver() || change.isRejectionOver()) {
					this.events.accepted();
				}
				return change;
			}
		}
	}

	/**
	 * One transition.
	 */
	private record Change(GrantMemory before, GrantMemory after) {

		@SuppressWarnings("ReferenceEquality") // a transition without effect returns its
												// argument
		boolean isEffective() {
			return this.before != this.after;
		}

		@SuppressWarnings("ReferenceEquality") // a cached grant keeps the instance of the
												// same token
		boolean isOtherToken() {
			return this.before.cached() == null || this.before.token() != this.after.token();
		}

		boolean isRefusalOver() {
			return this.before.refusal() != null && this.after.refusal() == null;
		}

		boolean isRejectionOver() {
			RejectedToken before = this.before.rejected();
			RejectedToken after = this.after.rejected();
			return before != null && (after == null || (after.acceptedElsewhere() && !before.acceptedElsewhere()));
		}

	}

}
