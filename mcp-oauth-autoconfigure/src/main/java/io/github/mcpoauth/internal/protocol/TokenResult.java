// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.text.ForeignJson;
import org.jspecify.annotations.Nullable;

/**
 * The result of a token request (RFC 6749, section 5), judged in one place from the whole
 * answer: status, headers and body.
 */
sealed interface TokenResult {

	/**
	 * Judge an answer.
	 * @param answer the answer
	 * @return the result
	 */
	static TokenResult of(OAuthResponse answer) {
		Map<String, Object> members = answer.members();
		Granted granted = (answer.isSuccess() && members != null) ? Granted.find(members) : null;
		if (granted != null) {
			return granted;
		}
		if (answer.isSuccess() && members != null && ErrorWords.of(answer.body()).code() == null
				&& members.get("error") == null) {
			return new MayPass(answer
				.unavailable("%s answered %d without a usable access token".formatted(answer.from(), answer.status())));
		}
		ExchangeException failure = answer.failureOfClient();
		return (failure instanceof UnavailableException unavailable) ? new MayPass(unavailable) : new Refused(failure);
	}

	/**
	 * The granted tokens.
	 * @return the tokens
	 * @throws ExchangeException if no grant was issued
	 */
	default Granted orElseThrow() {
		if (this instanceof Granted granted) {
			return granted;
		}
		throw (this instanceof Refused refused) ? refused.failure() : ((MayPass) this).failure();
	}

	/**
	 * The server refused for good, with an error code.
	 *
	 * @param failure the code, and the words of the server
	 */
	record Refused(ExchangeException failure) implements TokenResult {

	}

	/**
	 * The server refused in a way that may pass, or answered nothing usable.
	 *
	 * @param failure its meaning, and the words of the server
	 */
	record MayPass(UnavailableException failure) implements TokenResult {

	}

	/**
	 * The server granted tokens. Servers leave members out, write them with other
	 * capitals, as text instead of numbers, as lists instead of text, or put them into an
	 * object below. Members that cannot be used count as left out, but for the access
	 * token.
	 *
	 * @param accessToken the access token
	 * @param tokenType the token type as the server wrote it, {@code Bearer} if left out
	 * @param refreshToken the refresh token, {@code null} if left out
	 * @param lifetime the lifetime of the access token, {@code null} if left out
	 * @param scope the granted scopes, empty if left out
	 * @param issuedTokenType the kind of token (RFC 8693, section 2.2.1), {@code null} if
	 * left out
	 */
	record Granted(Secret accessToken, String tokenType, @Nullable Secret refreshToken, @Nullable Duration lifetime,
			Set<String> scope, @Nullable String issuedTokenType) implements TokenResult {

		/**
		 * A longer lifetime is not meant, and instants beyond it do not fit everywhere.
		 */
		static final Duration LONGEST_LIFETIME = Duration.ofDays(3650);

		private static final int MOST_MEMBERS = 200;

		private static final int LONGEST_NAME = 100;

		private static final String BEARER = "Bearer";

		/**
		 * The characters of a token (RFC 6749, appendix A.12). Anything else could break
		 * out of a header.
		 */
		private static final Pattern TOKEN = Pattern.compile("[\\x20-\\x7E]+");

		private static final Pattern TYPE = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,50}");

		private static final Pattern SEPARATORS = Pattern.compile("[\\s,]+");

		/**
		 * Find tokens at the top level, or else in the only object below that has an
		 * access token.
		 */
		private static @Nullable Granted find(Map<String, Object> members) {
			Granted granted = read(members);
			if (granted != null || members.get("error") != null) {
				return granted;
			}
			Granted nested = null;
			for (Object value : members.values().stream().limit(MOST_MEMBERS).toList()) {
				Map<String, Object> object = ForeignJson.object(value);
				Granted found = (object != null) ? read(object) : null;
				if (found != null && nested != null) {
					return null;
				}
				nested = (found != null) ? found : nested;
			}
			return nested;
		}

		private static @Nullable Granted read(Map<String, Object> object) {
			Map<String, Object> members = uniform(object);
			Secret accessToken = token(members.get("accesstoken"));
			return (accessToken != null) ? new Granted(accessToken, tokenType(members.get("tokentype")),
					token(members.get("refreshtoken")), lifetime(members),
					scope(members.get("scope"), members.get("scopes")), text(members.get("issuedtokentype"))) : null;
		}

		/**
		 * Members by their name without underscores and capitals. The exact spelling
		 * counts where both are present.
		 */
		private static Map<String, Object> uniform(Map<String, Object> members) {
			Map<String, Object> uniform = new LinkedHashMap<>();
			members.forEach((name, value) -> {
				if (name.length() <= LONGEST_NAME) {
					String key = name.replace("_", "").toLowerCase(Locale.ROOT);
					boolean exact = name.contains("_") && name.equals(name.toLowerCase(Locale.ROOT));
					if (exact || !uniform.containsKey(key)) {
						uniform.put(key, value);
					}
				}
			});
			return uniform;
		}

		@Nullable Instant expiresAt(Instant sentAt) {
			return (this.lifetime != null) ? sentAt.plus(this.lifetime) : null;
		}

		private static @Nullable Secret token(@Nullable Object value) {
			String text = text(value);
			return (text != null && TOKEN.matcher(text).matches()) ? Secret.of(text) : null;
		}

		private static @Nullable String text(@Nullable Object value) {
			return (value instanceof String text && !text.isBlank()) ? text.strip() : null;
		}

		private static String tokenType(@Nullable Object value) {
			String type = text(value);
			boolean usable = type != null && TYPE.matcher(type).matches()
					&& !type.toLowerCase(Locale.ROOT).startsWith("bearer");
			return (type != null && usable) ? type : BEARER;
		}

		/**
		 * A lifetime of nothing or less is how some servers say that there is no end to
		 * it.
		 */
		private static @Nullable Duration lifetime(Map<String, Object> members) {
			Duration lifetime = Members.seconds(members, "expiresin");
			return (lifetime != null && lifetime.compareTo(LONGEST_LIFETIME) > 0) ? LONGEST_LIFETIME : lifetime;
		}

		private static Set<String> scope(@Nullable Object... values) {
			Set<String> scope = new LinkedHashSet<>();
			for (Object value : values) {
				if (value instanceof Collection<?> elements) {
					elements.forEach((element) -> addScopes(element, scope));
				}
				else {
					addScopes(value, scope);
				}
			}
			scope.remove("");
			return scope;
		}

		private static void addScopes(@Nullable Object value, Set<String> scope) {
			if (value instanceof String text) {
				SEPARATORS.splitAsStream(text).forEach(scope::add);
			}
		}

	}

}
