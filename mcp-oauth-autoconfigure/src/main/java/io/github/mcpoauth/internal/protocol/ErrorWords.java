// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The error that an answer names, found wherever a server puts it: in {@code error}, in
 * another member, in an object nested below, or in the first element of a list.
 *
 * @param code the error code, in the spelling of RFC 6749 if it is one of its codes;
 * {@code null} if no code was found
 * @param isStandard whether it is a code of an OAuth specification
 * @param description the words of the server that explain it, or {@code null}
 */
record ErrorWords(@Nullable String code, boolean isStandard, @Nullable String description) {

	private static final int LONGEST_CODE = 100;

	private static final int MOST_VALUES = 200;

	/**
	 * Frameworks put the name of the HTTP status, with capital letters and spaces, into a
	 * member of the same name. That is not an error code.
	 */
	private static final Pattern CODE = Pattern.compile("[a-z0-9][a-z0-9_.:/-]{0,99}");

	/**
	 * The error codes of RFC 6749, section 5.2, and RFC 8707, section 2.
	 */
	private static final Set<String> STANDARD = Set.of("invalid_request", "invalid_client", "invalid_grant",
			"unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target");

	/**
	 * Codes by which vendors say that a refresh token is dead.
	 */
	private static final Set<String> DEAD_TOKEN = Set.of("bad_refresh_token", "invalid_refresh_token",
			"refresh_token_invalid", "expired_refresh_token", "refresh_token_expired", "refresh_token_revoked",
			"revoked_refresh_token", "refresh_token_not_found", "token_revoked", "token_expired");

	private static final Set<String> TEMPORARY = Set.of("temporarily_unavailable", "server_error", "slow_down",
			"too_many_requests", "rate_limit_exceeded");

	private static final Set<String> CODE_MEMBERS = Set.of("error", "errorcode", "code", "errortype", "type", "reason",
			"status", "name", "errorname", "errorid", "err");

	private static final Set<String> DESCRIPTION_MEMBERS = Set.of("errordescription", "description", "errormessage",
			"message", "detail", "details", "msg", "errorsummary", "title", "reason", "hint");

	static ErrorWords of(ResponseBody body) {
		Object root = (body.form() != null) ? body.form() : body.json();
		return (root != null) ? new Search(root).find()
				: new ErrorWords(null, false, body.words().isEmpty() ? null : body.words());
	}

	/**
	 * Whether the code speaks of the moment and not of the request.
	 */
	boolean isTemporary() {
		return this.code != null && TEMPORARY.contains(this.code);
	}

	/**
	 * Looks through an answer level by level, a bounded number of values.
	 */
	private static final class Search {

		private final Deque<Object> levels = new ArrayDeque<>();

		private int values;

		private @Nullable String standard;

		private @Nullable String known;

		private @Nullable String other;

		private @Nullable String description;

		Search(Object root) {
			this.levels.add(root);
			if (root instanceof Map<?, ?> members && members.get("error") instanceof String error) {
				this.other = CODE.matcher(error.strip()).matches() ? error.strip() : null;
				this.description = (members.get("error_description") instanceof String words) ? words.strip() : null;
			}
		}

		ErrorWords find() {
			while (!this.levels.isEmpty() && this.values < MOST_VALUES) {
				Object level = this.levels.remove();
				if (level instanceof Map<?, ?> members) {
					members.forEach((name, value) -> look(uniform(String.valueOf(name)), value));
				}
				else if (level instanceof Collection<?> elements) {
					elements.stream().limit(MOST_VALUES).forEach((element) -> look("error", element));
				}
			}
			String code = (this.standard != null) ? this.standard : (this.other != null) ? this.other : this.known;
			return new ErrorWords(code, this.standard != null, this.description);
		}

		private void look(String name, @Nullable Object value) {
			if (++this.values > MOST_VALUES) {
				return;
			}
			if (value instanceof Map<?, ?> || value instanceof Collection<?>) {
				this.levels.add(value);
			}
			else if (value instanceof String text && !text.isBlank()) {
				look(name, text.strip());
			}
		}

		private void look(String name, String text) {
			String code = (CODE_MEMBERS.contains(name) && text.length() <= LONGEST_CODE) ? normalized(text) : null;
			if (code != null && this.standard == null && STANDARD.contains(code)) {
				this.standard = code;
			}
			else if (code != null && this.known == null && (DEAD_TOKEN.contains(code) || TEMPORARY.contains(code))) {
				this.known = code;
			}
			else if (this.description == null && (DESCRIPTION_MEMBERS.contains(name) || "error".equals(name))
					&& !text.equals(this.other)) {
				this.description = text;
			}
		}

		/**
		 * A code without regard to capitals and separators.
		 */
		private static String normalized(String text) {
			StringBuilder code = new StringBuilder();
			for (int i = 0; i < text.length(); i++) {
				char character = text.charAt(i);
				boolean hump = i > 0 && Character.isUpperCase(character) && Character.isLowerCase(text.charAt(i - 1));
				if (hump) {
					code.append('_');
				}
				code.append((character == '-' || character == ' ' || character == '.') ? '_'
						: Character.toLowerCase(character));
			}
			return code.toString();
		}

		private static String uniform(String name) {
			return (name.length() > LONGEST_CODE) ? ""
					: name.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
		}

	}

}
