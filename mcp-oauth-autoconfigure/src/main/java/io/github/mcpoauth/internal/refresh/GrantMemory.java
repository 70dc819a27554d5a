// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Instant;
import java.util.List;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.work.Pause;
import org.jspecify.annotations.Nullable;

/**
 * All that a provider remembers of its grant. Each transition returns the next memory and
 * changes nothing.
 *
 * @param cached the grant as last read or written, {@code null} before the first read
 * @param backoff the pause after transient failures, {@code null} after a success
 * @param refusal the refusal of the next grant, {@code null} if absent
 * @param rejected the access token that the MCP server rejected: the token of the grant,
 * or the one that it has replaced and that the server has not accepted yet, {@code null}
 * if absent
 * @param storeTrouble the last failure of the store, {@code null} if it works
 * @param clientRefused the pause since the client was refused first, {@code null} if it
 * was not
 * @param challenges the {@code WWW-Authenticate} values of the last 401
 * @param writes number of grants that this process wrote or got
 */
record GrantMemory(@Nullable CachedGrant cached, @Nullable RetryBackoff backoff, @Nullable RefusedRenewal refusal,
		@Nullable RejectedToken rejected, @Nullable StoreTrouble storeTrouble, @Nullable Pause clientRefused,
		List<String> challenges, long writes) {

	/**
	 * The memory of a provider that has not read its grant.
	 */
	static final GrantMemory EMPTY = new GrantMemory(null, null, null, null, null, null, List.of(), 0);

	@Nullable Grant grant() {
		return (this.cached != null) ? this.cached.grant() : null;
	}

	@Nullable AccessToken token() {
		return (this.cached != null) ? this.cached.token() : null;
	}

	/**
	 * Whether the MCP server rejected a token and has not accepted it since.
	 * @param token the token
	 * @return {@code true} if it must not be sent as it is
	 */
	boolean isRejected(@Nullable AccessToken token) {
		RejectedToken rejected = this.rejected;
		return rejected != null && !rejected.acceptedElsewhere() && rejected.appliesTo(token);
	}

	/**
	 * Whether a token was issued in place of a token that the MCP server rejected a short
	 * time ago, and was not accepted yet. If it is rejected too, yet another token would
	 * not help.
	 * @param token the token
	 * @param nanos reading of the counter now
	 * @return {@code true} if no refresh token is to be spent on its rejection
	 */
	boolean isUntried(AccessToken token, long nanos) {
		RejectedToken rejected = this.rejected;
		return rejected != null && !rejected.appliesTo(token) && token.equals(token())
				&& !rejected.pause().isOver(nanos);
	}

	/**
	 * The refusal to renew a grant.
	 * @param grant the grant, {@code null} if absent
	 * @param renewal how it would be renewed
	 * @param nanos reading of the counter now
	 * @return the refusal, {@code null} if absent or it does not hold any more
	 */
	@Nullable RefusedRenewal refusalOf(@Nullable Grant grant, GrantRenewal renewal, long nanos) {
		RefusedRenewal refusal = this.refusal;
		boolean holds = refusal != null && refusal.isAbout(renewal.replacedToken(grant)) && !refusal.isOver(nanos)
				&& refusal.stamp().equals(renewal.stamp());
		return holds ? refusal : null;
	}

	boolean isWaiting(long nanos) {
		return this.backoff != null && this.backoff.isWaiting(nanos);
	}

	/**
	 * Whether a record is older than the grant in memory, because that could not be
	 * written over it.
	 * @param stored the grant of the record
	 * @return {@code true} if the grant in memory counts
	 */
	boolean supersedes(@Nullable Grant stored) {
		CachedGrant current = this.cached;
		if (current == null || current.isPersisted()) {
			return false;
		}
		Grant over = current.unpersistedOver();
		return (over != null) ? over.hasTokensOf(stored) : stored == null;
	}

	/**
	 * A record was read.
	 * @param next the grant of the record
	 * @param learned the refusal that another process has met and noted in the record,
	 * {@code null} if absent
	 * @param renewal how the grant is renewed
	 */
	GrantMemory loaded(CachedGrant next, @Nullable RefusedRenewal learned, GrantRenewal renewal) {
		GrantMemory memory = published(next, renewal, null, this.backoff, this.writes);
		return (memory.refusal == null && learned != null)
				? memory.with(memory.cached, memory.backoff, learned, memory.rejected, memory.storeTrouble) : memory;
	}

	/**
	 * A record was read that is older than the grant in memory. A store that can be read
	 * may still refuse to write.
	 */
	GrantMemory storeWorks() {
		boolean written = this.cached == null || this.cached.isPersisted();
		return (written && this.storeTrouble != null)
				? with(this.cached, this.backoff, this.refusal, this.rejected, null) : this;
	}

	/**
	 * A record was written.
	 */
	GrantMemory written(CachedGrant next, GrantRenewal renewal) {
		return published(next, renewal, null, null, this.writes + 1);
	}

	/**
	 * A record could not be written.
	 */
	GrantMemory unpersisted(CachedGrant next, StoreTrouble trouble, GrantRenewal renewal) {
		return published(next, renewal, trouble, this.backoff, this.writes + 1);
	}

	/**
	 * Use another grant from now on. Pauses and rejections end with the token that they
	 * are about, a refusal with the token that was refused. A grant that this process got
	 * in place of a rejected token keeps the rejection until the server accepts it.
	 */
	@SuppressWarnings("ReferenceEquality") // a cached grant keeps the instance of the
											// same token
	private GrantMemory published(CachedGrant next, GrantRenewal renewal, @Nullable StoreTrouble trouble,
			@Nullable RetryBackoff backoff, long writes) {
		boolean changed = this.cached == null || this.cached.token() != next.token();
		RejectedToken rejected = this.rejected;
		boolean replacesRejected = writes != this.writes && isRejected(token());
		boolean keepsRejection = !changed || replacesRejected || (rejected != null && rejected.appliesTo(next.token()));
		boolean keepsRefusal = this.refusal != null && this.refusal.isAbout(renewal.replacedToken(next.grant()));
		return new GrantMemory(next, changed ? null : backoff, keepsRefusal ? this.refusal : null,
				keepsRejection ? rejected : null, trouble, (writes == this.writes) ? this.clientRefused : null,
				this.challenges, writes);
	}

	GrantMemory storeFailed(TokenStoreException error, Instant now) {
		Instant since = (this.storeTrouble != null) ? this.storeTrouble.since() : now;
		return with(this.cached, this.backoff, this.refusal, this.rejected, new StoreTrouble(error, since));
	}

	GrantMemory failed(RetryBackoff next) {
		return with(this.cached, next, this.refusal, this.rejected, this.storeTrouble);
	}

	GrantMemory refused(RefusedRenewal next) {
		return with(this.cached, null, next, this.rejected, this.storeTrouble);
	}

	/**
	 * The MCP server rejected a token. The first rejection of a token counts, and the
	 * first one right after it was issued.
	 */
	GrantMemory rejected(RejectedToken next) {
		RejectedToken before = this.rejected;
		boolean known = before != null && before.appliesTo(next.token()) && (before.replayed() || !next.replayed());
		return known ? this : with(this.cached, this.backoff, this.refusal, next, this.storeTrouble);
	}

	/**
	 * The rejected token is sent once more.
	 */
	GrantMemory tried(RejectedToken rejected, Pause rejectionPause) {
		return with(this.cached, this.backoff, this.refusal, rejected.withPause(rejectionPause), this.storeTrouble);
	}

	/**
	 * The MCP server accepted a token.
	 */
	GrantMemory accepted(AccessToken token) {
		RejectedToken before = this.rejected;
		if (before == null || before.acceptedElsewhere() || !(before.appliesTo(token) || token.equals(token()))) {
			return this;
		}
		boolean ofRequest = before.replayed() && before.appliesTo(token);
		return with(this.cached, this.backoff, this.refusal, ofRequest ? before.accepted() : null, this.storeTrouble);
	}

	GrantMemory challenged(List<String> next) {
		return (next.isEmpty() || next.equals(this.challenges)) ? this : new GrantMemory(this.cached, this.backoff,
				this.refusal, this.rejected, this.storeTrouble, this.clientRefused, next, this.writes);
	}

	GrantMemory clientRefused(Pause pause) {
		return new GrantMemory(this.cached, this.backoff, this.refusal, this.rejected, this.storeTrouble, pause,
				this.challenges, this.writes);
	}

	/**
	 * The memory without the pauses and the rejection, for an attempt that has begun: the
	 * attempt knows the token that it replaces. An explicit refresh ignores a temporary
	 * refusal as well: an operator may have corrected something at the authorization
	 * server that cannot be detected here.
	 * @param explicit whether an operator or the application asked for the attempt
	 * @return the memory
	 */
	GrantMemory forAttempt(boolean explicit) {
		boolean ignored = explicit && this.refusal != null && this.refusal.isTemporary();
		return with(this.cached, null, ignored ? null : this.refusal, null, this.storeTrouble);
	}

	private GrantMemory with(@Nullable CachedGrant cached, @Nullable RetryBackoff backoff,
			@Nullable RefusedRenewal refusal, @Nullable RejectedToken rejected, @Nullable StoreTrouble trouble) {
		return new GrantMemory(cached, backoff, refusal, rejected, trouble, this.clientRefused, this.challenges,
				this.writes);
	}

	/**
	 * A failure of the store.
	 *
	 * @param error the last failure
	 * @param since when the first of the failures in a row happened
	 */
	record StoreTrouble(TokenStoreException error, Instant since) {

	}

}
