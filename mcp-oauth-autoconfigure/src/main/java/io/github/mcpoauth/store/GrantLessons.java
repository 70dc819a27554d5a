// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Facts about a grant that one process learned from a refusal and that all processes
 * need. They hold no secret.
 *
 * @param challenge the newest demand for another grant, {@code null} if absent
 * @param clientRefusals the refusals of the client, by its identifier, {@code null} if
 * absent
 * @param tokenRefusals the refusals of the refresh token that may pass, by its
 * {@link io.github.mcpoauth.Secret#fingerprint() fingerprint}, or of the client where
 * there is no refresh token, {@code null} if absent
 * @param refusedToken the refresh token that was refused for good, {@code null} if absent
 */
public record GrantLessons(@Nullable LearnedChallenge challenge, @Nullable Refusals clientRefusals,
		@Nullable Refusals tokenRefusals, @Nullable RefusedToken refusedToken) {

	/**
	 * No lessons.
	 */
	public static final GrantLessons NONE = new GrantLessons(null, null, null, null);

	/**
	 * Whether there is no lesson.
	 * @return {@code true} if no component is set
	 */
	public boolean isEmpty() {
		return equals(NONE);
	}

	/**
	 * Copy the lessons with another challenge.
	 * @param challenge the challenge, {@code null} if absent
	 * @return the copy
	 */
	public GrantLessons withChallenge(@Nullable LearnedChallenge challenge) {
		return new GrantLessons(challenge, this.clientRefusals, this.tokenRefusals, this.refusedToken);
	}

	/**
	 * Copy the lessons with other refusals of the client.
	 * @param clientRefusals the refusals, {@code null} if absent
	 * @return the copy
	 */
	public GrantLessons withClientRefusals(@Nullable Refusals clientRefusals) {
		return new GrantLessons(this.challenge, clientRefusals, this.tokenRefusals, this.refusedToken);
	}

	/**
	 * Copy the lessons with other refusals of the refresh token.
	 * @param tokenRefusals the refusals, {@code null} if absent
	 * @return the copy
	 */
	public GrantLessons withTokenRefusals(@Nullable Refusals tokenRefusals) {
		return new GrantLessons(this.challenge, this.clientRefusals, tokenRefusals, this.refusedToken);
	}

	/**
	 * Copy the lessons with another refused refresh token.
	 * @param refusedToken the refused refresh token, {@code null} if absent
	 * @return the copy
	 */
	public GrantLessons withRefusedToken(@Nullable RefusedToken refusedToken) {
		return new GrantLessons(this.challenge, this.clientRefusals, this.tokenRefusals, refusedToken);
	}

	/**
	 * A 401 or 403 of the MCP server that asks for another grant.
	 *
	 * @param scope the scopes that the next login must ask for, empty if no scopes were
	 * named
	 * @param authorizationServer issuer of the authorization server that was named,
	 * {@code null} if absent
	 */
	public record LearnedChallenge(Set<String> scope, @Nullable String authorizationServer) {

		public LearnedChallenge {
			scope = Collections.unmodifiableSet(new LinkedHashSet<>(scope));
		}

	}

	/**
	 * Refusals by the authorization server since the last success.
	 *
	 * @param subject the refused client or token, so that another one starts at zero
	 * @param count number of refusals
	 * @param first time of the first one
	 */
	public record Refusals(String subject, int count, Instant first) {

		/**
		 * Count one more refusal.
		 * @param before the refusals before, {@code null} if absent
		 * @param subject the refused client or token
		 * @param now the time
		 * @return the refusals with this one
		 */
		public static Refusals after(@Nullable Refusals before, String subject, Instant now) {
			return (before != null && before.subject.equals(subject))
					? new Refusals(subject, before.count + 1, before.first) : new Refusals(subject, 1, now);
		}

		/**
		 * Whether these are many refusals over a long time.
		 * @param count the least number of them
		 * @param time the least time since the first one
		 * @param now the time
		 * @return {@code true} if both hold
		 */
		public boolean areManyOver(int count, Duration time, Instant now) {
			return this.count >= count && !now.isBefore(this.first.plus(time));
		}

	}

	/**
	 * A refresh token that its authorization server refused. It holds for this token
	 * only: a grant with another one is not affected.
	 *
	 * @param fingerprint {@link io.github.mcpoauth.Secret#fingerprint() fingerprint} of
	 * the refresh token
	 * @param reason the reason as users see it, without a secret
	 */
	public record RefusedToken(String fingerprint, String reason) {

	}

}
