// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.ProofOfPossession;
import org.jspecify.annotations.Nullable;

/**
 * Requirements for the token, from the challenges of a 401 or 403 (RFC 6750, section 3;
 * RFC 9449, section 7.1; RFC 9728, section 5.1).
 *
 * @param resourceMetadata address of the protected resource metadata, {@code null} if not
 * named
 * @param scopes the scopes the request needs, in order, empty if not named
 * @param isInsufficientScope whether the token is good and its scopes are too few
 * @param isInvalidToken whether the token is expired, revoked or otherwise not accepted
 * @param isDPoP whether tokens that are bound to a key are asked for
 * @param isAboutProof whether the DPoP proof was refused, which says nothing about the
 * token
 * @param isForeign whether there are challenges, and all are for another authentication
 * than OAuth tokens
 */
public record TokenChallenges(@Nullable String resourceMetadata, Set<String> scopes, boolean isInsufficientScope,
		boolean isInvalidToken, boolean isDPoP, boolean isAboutProof, boolean isForeign) {

	public TokenChallenges {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
	}

	/**
	 * Read challenges. Any text has an answer.
	 * @param values values of the {@code WWW-Authenticate} header fields
	 * @return the requirements
	 */
	public static TokenChallenges of(List<String> values) {
		List<Challenge> challenges = Challenge.parse(values);
		List<Challenge> tokens = challenges.stream()
			.filter((challenge) -> challenge.is("Bearer") || challenge.is(ProofOfPossession.DPOP))
			.toList();
		String resourceMetadata = challenges.stream()
			.map((challenge) -> challenge.parameter("resource_metadata"))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
		List<String> scopes = tokens.stream()
			.map((challenge) -> challenge.parameter("scope"))
			.filter((scope) -> scope != null && !scope.isBlank())
			.findFirst()
			.map((scope) -> Arrays.asList(scope.strip().split("\\s+")))
			.orElse(List.of());
		boolean insufficientScope = tokens.stream()
			.anyMatch((challenge) -> "insufficient_scope".equals(challenge.parameter("error")));
		boolean invalidToken = tokens.stream()
			.anyMatch((challenge) -> "invalid_token".equals(challenge.parameter("error")));
		List<Challenge> proofs = tokens.stream().filter((challenge) -> challenge.is(ProofOfPossession.DPOP)).toList();
		boolean aboutProof = proofs.stream()
			.map((challenge) -> challenge.parameter("error"))
			.anyMatch((error) -> ProofExpectations.USE_DPOP_NONCE.equals(error)
					|| ProofExpectations.INVALID_DPOP_PROOF.equals(error));
		return new TokenChallenges(resourceMetadata, new LinkedHashSet<>(scopes), insufficientScope, invalidToken,
				!proofs.isEmpty(), aboutProof, !challenges.isEmpty() && tokens.isEmpty());
	}

	/**
	 * Whether a login or a refresh could help.
	 * @return {@code false} if the server asks for another authentication, and names no
	 * protected resource metadata
	 */
	public boolean areAboutOAuth() {
		return !this.isForeign || this.resourceMetadata != null;
	}

}
