// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;

/**
 * The error that an answer names, found wherever a server puts it: in {@code error}, in
 * another member, in an object nested below, or in the first element of a list.
 *
 * @param code the error code, in the spelling of RFC 6749 if it is one of its codes;
 * {@code null} if no code was found
 * @param isStandard whether it is a code of an OAuth specification, in a place for error
 * codes
 * @param isStated whether the server states it as its error, so that it is believed;
 * {@code false} for a known code that was found in another place
 * @param description the words of the server that explain it, or {@code null}
 */
record ErrorWords(@Nullable String code, boolean isStandard, boolean isStated, @Nullable String description) {

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

	/**
	 * Members that hold an error code wherever they stand.
	 */
	private static final Set<String> ERROR_MEMBERS = Set.of("error", "errorcode");

	/**
	 * Members that hold an error code at the top level.
	 */
	private static final Set<String> TOP_MEMBERS = Set.of("error", "errorcode", "code", "errortype", "errorname",
			"errorid", "err");

	/**
	 * Members that hold the object or the list of the error.
	 */
	private static final Set<String> ERROR_OBJECTS = Set.of("error", "errors", "err", "fault");

	/**
	 * Vendors use it for any mistake, so it counts in {@code error} only.
	 */
	private static final String INVALID_REQUEST = "invalid_request";

	/**
	 * An error code in capitals, as some servers write it.
	 */
	private static final Pattern CAPITALS = Pattern.compile("[A-Z0-9]+(_[A-Z0-9]+)+");

	private static final Set<String> STATUS_NAMES = Arrays.stream(HttpStatus.values())
		.map(HttpStatus::name)
		.collect(Collectors.toUnmodifiableSet());

	private static final Set<String> DESCRIPTION_MEMBERS = Set.of("errordescription", "description", "errormessage",
			"message", "detail", "details", "msg", "errorsummary", "title", "reason", "hint");

	static ErrorWords of(ResponseBody body) {
		Object root = (body.form() != null) ? body.form() : body.json();
		return (root != null) ? new Search(root).find()
				: new ErrorWords(null, false, false, body.words().isEmpty() ? null : body.words());
	}

	/**
	 * Whether the code speaks of the moment and not of the request.
	 */
	boolean isTemporary() {
		return this.code != null && TEMPORARY.contains(this.code);
	}

	/**
	 * The code in {@code error}, where RFC 6749 puts it. Frameworks put the name of the
	 * HTTP status there, also in capitals.
	 */
	private static @Nullable String code(String error) {
		if (CODE.matcher(error).matches()) {
			return error;
		}
		return (error.length() <= LONGEST_CODE && CAPITALS.matcher(error).matches() && !STATUS_NAMES.contains(error))
				? error.toLowerCase(Locale.ROOT) : null;
	}

	/**
	 * The place of a member in an answer.
	 */
	private enum Place {

		TOP, ERROR, OTHER;

		Place of(String member) {
			return ERROR_OBJECTS.contains(member) ? ERROR : OTHER;
		}

		boolean isForCodes(String member) {
			return switch (this) {
				case TOP -> TOP_MEMBERS.contains(member);
				case ERROR -> CODE_MEMBERS.contains(member);
				case OTHER -> ERROR_MEMBERS.contains(member);
			};
		}

	}

	/**
	 * An object or a list, and its place.
	 */
	private record Level(Object value, Place place) {

	}

	/**
	 * Looks through an answer level by level, a bounded number of values.
	 */
	private static final class Search {

		private final Deque<Level> levels = new ArrayDeque<>();

		private int values;

		private @Nullable String standard;

		private @Nullable String known;

		private @Nullable String other;

		private @Nullable String description;

		Search(Object root) {
			this.levels.add(new Level(root, (root instanceof Map) ? Place.TOP : Place.ERROR));
			if (root instanceof Map<?, ?> members && members.get("error") instanceof String error) {
				this.other = code(error.strip());
				this.standard = (this.other != null && STANDARD.contains(this.other)) ? this.other : null;
				this.description = (members.get("error_description") instanceof String words) ? words.strip() : null;
			}
		}

		ErrorWords find() {
			while (!this.levels.isEmpty() && this.values < MOST_VALUES) {
				Level level = this.levels.remove();
				Place place = level.place();
				if (level.value() instanceof Map<?, ?> members) {
					members.forEach((key, value) -> {
						String name = uniform(String.valueOf(key));
						look(place, name, place.of(name), value);
					});
				}
				else if (level.value() instanceof Collection<?> elements) {
					elements.stream().limit(MOST_VALUES).forEach((element) -> look(place, "", place, element));
				}
			}
			String stated = (this.standard != null) ? this.standard : this.other;
			return new ErrorWords((stated != null) ? stated : this.known, this.standard != null, stated != null,
					this.description);
		}

		private void look(Place place, String name, Place below, @Nullable Object value) {
			if (++this.values > MOST_VALUES) {
				return;
			}
			if (value instanceof Map<?, ?> || value instanceof Collection<?>) {
				this.levels.add(new Level(value, below));
			}
			else if (value instanceof String text && !text.isBlank()) {
				look(place, name, text.strip());
			}
		}

		private void look(Place place, String name, String text) {
			boolean element = name.isEmpty();
			boolean mayBeCode = (element || CODE_MEMBERS.contains(name)) && text.length() <= LONGEST_CODE;
			String code = mayBeCode ? normalized(text) : null;
			boolean inPlace = element ? place == Place.ERROR : place.isForCodes(name);
			if (code != null && this.standard == null && inPlace && STANDARD.contains(code)
					&& !INVALID_REQUEST.equals(code)) {
				this.standard = code;
			}
			else if (code != null && this.known == null
					&& (STANDARD.contains(code) || DEAD_TOKEN.contains(code) || TEMPORARY.contains(code))) {
				this.known = code;
			}
			else if (this.description == null && (element || DESCRIPTION_MEMBERS.contains(name) || "error".equals(name))
					&& !text.equalsIgnoreCase(this.other)) {
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
