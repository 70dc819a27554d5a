// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.TokenChallenges;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Answers the rejection of a token by its MCP server: another token to send, once for all
 * callers, or the reason why there is no token.
 */
final class RejectionHandler {

	private static final Log logger = LogFactory.getLog(RejectionHandler.class);

	private static final Recovery PROOF_REFUSED = Recovery.transientFailure(
			"the server accepts the token and refuses the DPoP proofs that go with it. The clocks may differ", null);

	/**
	 * The answer to a rejection that may be about the session. It causes no event, since
	 * a new session may show that no login is required.
	 */
	private static final Recovery SESSION_REJECTED = Recovery.reauthorize(Standing.REJECTED_AT_ONCE);

	private final GrantParts parts;

	private final GrantReader reader;

	private final AttemptSlot attempts;

	private final GrantProvider provider;

	// Threads that race here read challenges again, and may overwrite each other
	private volatile ReadChallenges lastRead = ReadChallenges.of(List.of());

	/**
	 * Create a handler.
	 * @param parts the parts of the provider
	 * @param reader the reader of the grant
	 * @param attempts the slot for refresh attempts
	 * @param provider the provider of the grant
	 */
	RejectionHandler(GrantParts parts, GrantReader reader, AttemptSlot attempts, GrantProvider provider) {
		this.parts = parts;
		this.reader = reader;
		this.attempts = attempts;
		this.provider = provider;
	}

	/**
	 * Recover from a 401, or from a 403 that is about the token.
	 * @param rejection the rejection
	 * @return a mono with the answer, which does not fail
	 */
	Mono<Recovery> recover(Rejection rejection) {
		return this.parts.context().observed(this.parts.server().name(), recovery(rejection));
	}

	@SuppressWarnings("ReferenceEquality") // one instance
	private Mono<Recovery> recovery(Rejection rejection) {
		return Mono.defer(() -> {
			TokenChallenges challenges = read(rejection.challenges());
			if (rejection.forbidden()) {
				return forbidden(rejection, challenges);
			}
			if (!challenges.areAboutOAuth()) {
				return Mono.just(Recovery.notRecovered("the server asks for another authentication than OAuth"));
			}
			if (!challenges.isAboutProof()) {
				this.parts.state().challenged(rejection.challenges());
			}
			return this.reader.current()
				.flatMap((cached) -> isAboutProof(cached, rejection, challenges) ? Mono.just(PROOF_REFUSED)
						: recoverCurrent(rejection));
		}).onErrorResume(McpOAuthException.class, (ex) -> Mono.just(Recovery.failed(ex))).doOnNext((recovery) -> {
			logger.debug(LogMessage
				.of(() -> "A %d of MCP server '%s' is answered with %s%s".formatted(rejection.forbidden() ? 403 : 401,
						this.parts.key(), recovery.outcome(),
						(recovery.reason() != null) ? ": " + recovery.reason() : "")));
			if (recovery.outcome() == Recovery.Outcome.REAUTHORIZE && recovery != SESSION_REJECTED) {
				this.parts.state().loginRequired(String.valueOf(recovery.reason()), recovery.correction());
			}
		});
	}

	/**
	 * Many requests are rejected together, with the same words: those are read once.
	 */
	private TokenChallenges read(List<String> values) {
		ReadChallenges read = this.lastRead;
		if (!read.values().equals(values)) {
			read = ReadChallenges.of(values);
			this.lastRead = read;
		}
		return read.challenges();
	}

	/**
	 * A refused proof says nothing against the token, so renewing the token would not
	 * help.
	 */
	private static boolean isAboutProof(CachedGrant cached, Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		return challenges.isAboutProof() && sent != null && sent.isBound() && sent.equals(cached.token());
	}

	/**
	 * Some servers answer 403 where the specification wants 401. The token is renewed
	 * once; the answer to the renewed token is the server's last word.
	 */
	private Mono<Recovery> forbidden(Rejection rejection, TokenChallenges challenges) {
		AccessToken sent = rejection.sent();
		if (sent == null) {
			return withoutToken(rejection, challenges);
		}
		if (challenges.isInsufficientScope()) {
			return stepUp(rejection, sent, challenges);
		}
		boolean expired = sent.expiresAt() != null
				&& !this.parts.context().time().clock().instant().isBefore(sent.expiresAt());
		boolean invalid = challenges.isInvalidToken();
		if (rejection.replayed() || !(invalid || (expired && rejection.challenges().isEmpty()))) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		return this.reader.current()
			.flatMap((cached) -> recoverCurrent(rejection))
			.map((recovery) -> (invalid || recovery.isRecovered()) ? recovery
					: Recovery.notRecovered("the server forbids it"));
	}

	/**
	 * A server that forbids a request without a token and asks for one wants a login.
	 */
	private Mono<Recovery> withoutToken(Rejection rejection, TokenChallenges challenges) {
		if (rejection.challenges().isEmpty() || challenges.isForeign()) {
			return Mono.just(Recovery.notRecovered("the server forbids it"));
		}
		this.parts.state().challenged(rejection.challenges());
		return this.reader.current().flatMap((cached) -> recoverCurrent(rejection));
	}

	/**
	 * More scopes are asked for once. A server that still wants scopes that the token
	 * has, or that were requested and not granted, has said its last word.
	 */
	private Mono<Recovery> stepUp(Rejection rejection, AccessToken sent, TokenChallenges challenges) {
		return this.reader.current().flatMap((cached) -> {
			Grant current = cached.grant();
			if (current == null || !sent.equals(cached.token())) {
				return recoverCurrent(rejection);
			}
			if (current.requestedScope().containsAll(challenges.scopes())) {
				return Mono.just(Recovery.notRecovered("the server forbids it although the scopes were asked for"));
			}
			this.parts.state().challenged(rejection.challenges());
			String reason = "the request needs the scopes %s, which its token does not have"
				.formatted(UntrustedText.quote(String.join(" ", challenges.scopes())));
			return this.parts.renewal().startsAnew() ? widen(sent, reason)
					: Mono.just(Recovery.insufficientScope(reason));
		});
	}

	/**
	 * Ask for more scopes where that needs no user. A refusal leaves the token in use.
	 */
	private Mono<Recovery> widen(AccessToken token, String reason) {
		return replace(token, this.parts.standing(this.parts.state().memory(), token))
			.map((recovery) -> (recovery.outcome() == Recovery.Outcome.REAUTHORIZE)
					? Recovery.insufficientScope("%s: %s".formatted(reason, recovery.reason())) : recovery);
	}

	private Mono<Recovery> recoverCurrent(Rejection rejection) {
		AccessToken sent = rejection.sent();
		GrantMemory memory = this.parts.state().memory();
		Standing standing = this.parts.standing(memory, null);
		AccessToken token = memory.token();
		if (standing instanceof Standing.Absent absent) {
			return Mono.just(Recovery.reauthorize((sent != null) ? "its login was removed" : absent.reason()));
		}
		if (token == null || !token.equals(sent)) {
			return this.provider.answer(memory, standing)
				.map(Recovery::adopted)
				.onErrorResume(McpOAuthException.class, (ex) -> Mono.just(Recovery.failed(ex)));
		}
		RejectedToken before = memory.rejected();
		if (before != null && before.appliesTo(token) && before.isHopeless(this.parts.nanos())) {
			return Mono.just(Recovery.reauthorize(Standing.REJECTED_AT_ONCE));
		}
		boolean expired = Objects.requireNonNull(memory.cached()).isExpired(this.parts.millis());
		// The request that was recovered may not be the first to send the new token: the
		// rejection of the token counts, whichever request hears it
		boolean atOnce = rejection.replayed() || memory.isUntried(token, this.parts.nanos());
		if (atOnce && !expired) {
			return rejectedAtOnce(token, rejection);
		}
		this.parts.state().rejected(token, false);
		return replace(token, this.parts.standing(this.parts.state().memory(), token));
	}

	/**
	 * The token was issued just now in place of a rejected one. An attempt that replaces
	 * another token ends with this one. Only one that replaces this one is worth waiting
	 * for.
	 */
	private Mono<Recovery> rejectedAtOnce(AccessToken token, Rejection rejection) {
		RefreshAttempt current = this.attempts.current();
		if (current != null && current.replaces(token)) {
			return awaitReplacement(token);
		}
		return rejection.session() ? Mono.just(SESSION_REJECTED) : confirm(token);
	}

	/**
	 * Replace a token that was sent and rejected.
	 */
	private Mono<Recovery> replace(AccessToken token, Standing standing) {
		if (standing instanceof Standing.OnTrial trial) {
			return replace(token, trial.rest());
		}
		if (standing instanceof Standing.LoginRequired login) {
			return Mono.just(Recovery.reauthorize(login.reason(), login.correction()));
		}
		if (standing instanceof Standing.Absent absent) {
			return Mono.just(Recovery.reauthorize(absent.reason()));
		}
		if (standing instanceof Standing.Waiting waiting && !this.attempts.isTaken()) {
			RetryBackoff backoff = waiting.backoff();
			return Mono.just(Recovery.transientFailure(backoff.reason(), backoff.remaining(this.parts.nanos())));
		}
		return awaitReplacement(token);
	}

	/**
	 * An attempt that ends with the rejected token has recovered nothing.
	 */
	private Mono<Recovery> awaitReplacement(AccessToken rejected) {
		return this.attempts.resultInTime(rejected, Trigger.REJECTION).map((result) -> {
			Recovery recovery = result.recovery();
			return rejected.equals(recovery.token())
					? Recovery.reauthorize("the authorization server issues the token that the server rejects")
					: recovery;
		});
	}

	/**
	 * The server rejects a token that was issued just now. Another process may have
	 * renewed it since: until its successor is stored, that process holds the lock.
	 */
	private Mono<Recovery> confirm(AccessToken rejected) {
		Mono<Recovery> confirmed = this.reader.readLocked().map((cached) -> {
			AccessToken token = cached.token();
			if (token != null && !token.equals(rejected)) {
				return Recovery.adopted(token);
			}
			this.parts.state().rejected(rejected, true);
			return Recovery.reauthorize(Standing.REJECTED_AT_ONCE);
		});
		return this.parts.context()
			.threads()
			.within(confirmed, this.parts.settings().recoveryTimeout())
			.onErrorResume(TimeoutException.class, (ex) -> Mono
				.just(Recovery.transientFailure("its token may be being renewed by another process", null)));
	}

	private record ReadChallenges(List<String> values, TokenChallenges challenges) {

		static ReadChallenges of(List<String> values) {
			return new ReadChallenges(values, TokenChallenges.of(values));
		}

	}

}
