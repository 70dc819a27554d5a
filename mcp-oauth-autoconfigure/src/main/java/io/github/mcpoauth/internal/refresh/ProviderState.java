// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;

/**
 * What a provider remembers of its grant. Reads are single volatile reads; transitions
 * are short, hold one monitor, and do no I/O.
 */
final class ProviderState {

	private final RefreshSettings settings;

	private final Clock clock;

	private final double jitter;

	private final GrantRenewal renewal;

	private final RefreshEvents announcements;

	private volatile @Nullable CachedGrant view;

	private @Nullable DPoPKey key;

	private volatile @Nullable RetryBackoff gate;

	private volatile @Nullable RefusedRenewal verdict;

	private volatile @Nullable RejectedToken refusal;

	private volatile @Nullable StoreTrouble storeTrouble;

	private volatile List<String> challenges = List.of();

	private long writes;

	ProviderState(RefreshSettings settings, GrantRenewal renewal, Clock clock, double jitter,
			RefreshEvents announcements) {
		this.renewal = renewal;
		this.settings = settings;
		this.clock = clock;
		this.jitter = jitter;
		this.announcements = announcements;
	}

	@Nullable CachedGrant view() {
		return this.view;
	}

	@Nullable RetryBackoff gate() {
		return this.gate;
	}

	@Nullable RejectedToken refusal() {
		return this.refusal;
	}

	@Nullable StoreTrouble storeTrouble() {
		return this.storeTrouble;
	}

	List<String> challenges() {
		return this.challenges;
	}

	void challenged(List<String> challenges) {
		if (!challenges.isEmpty()) {
			this.challenges = challenges;
		}
	}

	/**
	 * The verdict on what would come of a grant.
	 * @param grant the grant, {@code null} for none
	 * @return the verdict, {@code null} if there is none, or it does not hold any more
	 */
	@Nullable RefusedRenewal verdictOn(@Nullable Grant grant) {
		RefusedRenewal verdict = this.verdict;
		boolean holds = verdict != null && verdict.isAbout(this.renewal.spends(grant))
				&& !verdict.isOver(this.clock.instant()) && verdict.stamp().equals(this.renewal.stamp());
		return holds ? verdict : null;
	}

	/**
	 * Whether a token was refused by the MCP server and not taken since.
	 * @param token the token
	 * @return {@code true} if it must not be sent as it is
	 */
	boolean isRefused(@Nullable AccessToken token) {
		RejectedToken refusal = this.refusal;
		return refusal != null && !refusal.takenElsewhere() && refusal.appliesTo(token);
	}

	/**
	 * A number that changes with every write of this process, to be taken before a load
	 * and handed to {@link #loaded}.
	 * @return the number
	 */
	synchronized long writes() {
		return this.writes;
	}

	/**
	 * A record was read.
	 * @param stored the record
	 * @param writesBefore {@link #writes()} before it was read
	 * @return the view that holds now: not the record, if this process wrote a newer one
	 * while it was read, or still has one in memory that could not be written over it
	 */
	synchronized CachedGrant loaded(StoredGrant stored, long writesBefore) {
		CachedGrant current = this.view;
		this.storeTrouble = null;
		if (current != null && (writesBefore != this.writes || supersedes(current, stored))) {
			return current;
		}
		CachedGrant next = viewOf(stored);
		boolean changed = publish(next);
		AccessToken token = next.token();
		if (changed && current != null && token != null) {
			this.announcements.adopted(token.expiresAt());
		}
		return next;
	}

	private static boolean supersedes(CachedGrant current, StoredGrant stored) {
		if (current.isPersisted()) {
			return false;
		}
		Grant over = current.unpersistedOver();
		return (over != null) ? over.hasTokensOf(stored.grant()) : stored.grant() == null;
	}

	/**
	 * A record was read while holding the lock, which nobody else writes under.
	 * @param stored the record
	 * @return the view that holds now
	 */
	synchronized CachedGrant loadedUnderLock(StoredGrant stored) {
		return loaded(stored, this.writes);
	}

	/**
	 * A record was written.
	 * @param stored the record as stored
	 * @return the view of it
	 */
	synchronized CachedGrant written(StoredGrant stored) {
		this.writes++;
		this.storeTrouble = null;
		this.gate = null;
		return renewed(viewOf(stored));
	}

	/**
	 * A record could not be written, and what should have been written is what we have.
	 * @param grant the grant
	 * @param over what the store holds instead
	 * @param error why
	 * @return the view of the grant
	 */
	synchronized CachedGrant unpersisted(Grant grant, StoredGrant over, TokenStoreException error) {
		this.writes++;
		this.storeTrouble = new StoreTrouble(error, this.clock.instant());
		return renewed(CachedGrant.unpersisted(grant, over, keyOf(grant), this.settings.window(), this.jitter));
	}

	private CachedGrant viewOf(StoredGrant stored) {
		return CachedGrant.of(stored, this.view, keyOf(stored.grant()), this.settings.window(), this.jitter);
	}

	/**
	 * The key of a grant, which outlives its tokens and remembers nonces. One that cannot
	 * be understood is none, and whoever would use it looks into that.
	 */
	private @Nullable DPoPKey keyOf(@Nullable Grant grant) {
		Secret secret = (grant != null) ? grant.dpopKey() : null;
		if (secret == null) {
			return null;
		}
		DPoPKey known = this.key;
		if (known != null && known.toSecret().equals(secret)) {
			return known;
		}
		try {
			this.key = DPoPKey.of(secret, this.clock);
			return this.key;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private CachedGrant renewed(CachedGrant next) {
		boolean changed = publish(next);
		AccessToken token = next.token();
		if (changed && token != null) {
			this.announcements.refreshed(token.expiresAt(), next.isPersisted());
		}
		return next;
	}

	/**
	 * Make a view the one that holds.
	 * @param next the view
	 * @return whether it has another token than the one before
	 */
	@SuppressWarnings("ReferenceEquality") // a view keeps the instance of the same token
	private boolean publish(CachedGrant next) {
		CachedGrant previous = this.view;
		boolean changed = previous == null || previous.token() != next.token();
		if (changed) {
			this.gate = null;
			RejectedToken refusal = this.refusal;
			this.refusal = (refusal != null && refusal.appliesTo(next.token())) ? refusal : null;
		}
		RefusedRenewal verdict = this.verdict;
		if (verdict != null && !verdict.isAbout(this.renewal.spends(next.grant()))) {
			this.verdict = null;
			this.announcements.accepted();
		}
		this.view = next;
		return changed;
	}

	/**
	 * The store could not be read or locked.
	 * @param error why
	 */
	synchronized void storeFailed(TokenStoreException error) {
		StoreTrouble before = this.storeTrouble;
		this.storeTrouble = new StoreTrouble(error, (before != null) ? before.since() : this.clock.instant());
	}

	/**
	 * A refresh failed for a reason that may pass.
	 * @param reason one sentence of cause
	 * @param retryAfter what the server asked for, {@code null} for nothing
	 * @return how long to wait
	 */
	synchronized Duration failed(String reason, @Nullable Duration retryAfter) {
		Instant now = this.clock.instant();
		RetryBackoff next = RetryBackoff.after(this.gate, now, this.settings, retryAfter, reason);
		this.gate = next;
		this.announcements.failed(next, now);
		return next.remaining(now);
	}

	/**
	 * The next grant was refused.
	 * @param spent what it would have come of, {@code null} for nothing
	 * @param stamp the state of what it was asked for with besides
	 * @param reason one sentence of cause
	 */
	synchronized void condemned(@Nullable Secret spent, Object stamp, String reason) {
		Instant now = this.clock.instant();
		Duration term = this.renewal.refusalTerm();
		this.gate = null;
		this.verdict = new RefusedRenewal(spent, stamp, reason, now, (term != null) ? now.plus(term) : null);
		this.announcements.personNeeded(reason);
	}

	/**
	 * Somebody was told that a person is needed.
	 * @param reason one sentence of cause
	 */
	synchronized void personNeeded(String reason) {
		this.announcements.personNeeded(reason);
	}

	/**
	 * The MCP server refused the token.
	 * @param token the token
	 * @param replayed whether it had just been issued to recover from a refusal
	 */
	synchronized void refused(AccessToken token, boolean replayed) {
		RejectedToken before = this.refusal;
		if (before == null || !before.appliesTo(token) || (replayed && !before.replayed())) {
			this.refusal = new RejectedToken(token, this.clock.instant(), replayed);
		}
	}

	/**
	 * The brake has run out: the refused token may be tried once more.
	 * @param refusal the refusal that was looked at
	 * @return whether the caller is the one who tries
	 */
	@SuppressWarnings("ReferenceEquality") // compare and set
	synchronized boolean release(RejectedToken refusal) {
		if (this.refusal != refusal) {
			return false;
		}
		this.refusal = new RejectedToken(refusal.token(), this.clock.instant(), refusal.replayed());
		return true;
	}

	/**
	 * The MCP server took the token.
	 * @param token the token
	 */
	void accepted(AccessToken token) {
		RejectedToken refusal = this.refusal;
		if (refusal != null && !refusal.takenElsewhere()) {
			lift(token);
		}
	}

	private synchronized void lift(AccessToken token) {
		RejectedToken refusal = this.refusal;
		if (refusal != null && refusal.appliesTo(token)) {
			this.refusal = refusal.replayed() ? refusal.taken() : null;
			this.announcements.accepted();
		}
	}

	/**
	 * What is wrong with the store.
	 *
	 * @param error the last failure
	 * @param since when the first of the failures in a row happened
	 */
	record StoreTrouble(TokenStoreException error, Instant since) {

	}

}
