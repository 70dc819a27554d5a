// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * A successful answer of a token endpoint (RFC 6749, section 5.1), read as servers write
 * it: without {@code token_type}, with numbers as text, with a list of scopes. Members
 * that cannot be used count as left out, but for the access token.
 *
 * @param accessToken the access token
 * @param tokenType the token type
 * @param refreshToken the refresh token, {@code null} if left out
 * @param lifetime how long the access token lives, {@code null} if left out
 * @param scope the granted scopes, empty if left out
 * @param issuedTokenType what kind of token it is (RFC 8693, section 2.2.1), {@code null}
 * if left out
 */
record TokenResponseReader(Secret accessToken, String tokenType, @Nullable Secret refreshToken,
		@Nullable Duration lifetime, Set<String> scope, @Nullable String issuedTokenType) {

	/**
	 * Nobody means to grant longer, and instants beyond it do not fit everywhere.
	 */
	static final Duration LONGEST_LIFETIME = Duration.ofDays(3650);

	private static final String BEARER = "Bearer";

	/**
	 * What a token is made of (RFC 6749, appendix A.12). Anything else could break out of
	 * a header.
	 */
	private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7E]([\\x20-\\x7E]*[\\x21-\\x7E])?");

	private static final Pattern SCHEME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,50}");

	/**
	 * Read an answer.
	 * @param answer the answer
	 * @return the tokens
	 * @throws ExchangeException what the answer says instead of a token
	 */
	static TokenResponseReader of(OAuthResponse answer) {
		Map<String, Object> members = answer.members();
		if (!answer.isSuccess() || members == null) {
			throw answer.failureOfClient();
		}
		Secret accessToken = token(members.get("access_token"));
		if (accessToken == null) {
			throw (members.get("error") != null) ? answer.failureOfClient() : answer
				.unavailable("%s answered %d without a usable access token".formatted(answer.from(), answer.status()));
		}
		return new TokenResponseReader(accessToken, tokenType(members.get("token_type")),
				token(members.get("refresh_token")), lifetime(members), scope(members.get("scope")),
				answer.text("issued_token_type"));
	}

	@Nullable Instant expiresAt(Instant sentAt) {
		return (this.lifetime != null) ? sentAt.plus(this.lifetime) : null;
	}

	private static @Nullable Secret token(@Nullable Object value) {
		return (value instanceof String text && TOKEN.matcher(text).matches()) ? Secret.of(text) : null;
	}

	private static String tokenType(@Nullable Object value) {
		boolean usable = value instanceof String text && SCHEME.matcher(text).matches()
				&& !text.toLowerCase(Locale.ROOT).startsWith("bearer");
		return usable ? String.valueOf(value) : BEARER;
	}

	/**
	 * A lifetime of nothing or less is how some servers say that there is no end to it.
	 */
	private static @Nullable Duration lifetime(Map<String, Object> members) {
		Duration lifetime = Members.seconds(members, "expires_in");
		return (lifetime != null && lifetime.compareTo(LONGEST_LIFETIME) > 0) ? LONGEST_LIFETIME : lifetime;
	}

	private static Set<String> scope(@Nullable Object value) {
		Set<String> scope = new LinkedHashSet<>();
		if (value instanceof Collection<?> values) {
			values.forEach((element) -> scope.addAll(scope(element)));
		}
		else if (value instanceof String text) {
			text.lines().flatMap((line) -> Pattern.compile("\\s+").splitAsStream(line)).forEach(scope::add);
		}
		scope.remove("");
		return scope;
	}

}
