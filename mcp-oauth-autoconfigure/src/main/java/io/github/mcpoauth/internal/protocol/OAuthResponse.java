// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A complete HTTP answer, and what can be concluded from it.
 *
 * @param from who answered, for messages
 * @param status the HTTP status
 * @param contentType the {@code Content-Type}, {@code null} for none
 * @param location the {@code Location}, {@code null} for none
 * @param challenges the values of {@code WWW-Authenticate}
 * @param retryAfter what {@code Retry-After} says, {@code null} for none
 * @param members the members of a JSON object in the body, whatever its content type says
 * of it; {@code null} if the body is anything else
 * @param proofHints what its headers say that matters for the next DPoP proof
 * @param empty whether there was no body
 * @param redaction what must not be repeated of it
 */
record OAuthResponse(String from, int status, @Nullable String contentType, @Nullable String location,
		List<String> challenges, @Nullable Duration retryAfter, ProofHints proofHints,
		@Nullable Map<String, Object> members, boolean empty, Redaction redaction) {

	private static final int UNAUTHORIZED = 401;

	private static final int REQUEST_TIMEOUT = 408;

	private static final int TOO_EARLY = 425;

	private static final int TOO_MANY_REQUESTS = 429;

	/**
	 * What an error code looks like. Frameworks put the name of the HTTP status into a
	 * member of the same name, with capital letters and spaces.
	 */
	private static final Pattern ERROR_CODE = Pattern.compile("[a-z0-9][a-z0-9_.:/-]{0,99}");

	/**
	 * The error codes of RFC 6749, section 5.2, and RFC 8707, section 2.
	 */
	private static final Set<String> STANDARD_ERROR_CODES = Set.of("invalid_request", "invalid_client", "invalid_grant",
			"unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target");

	private static final Set<String> TRANSIENT_ERROR_CODES = Set.of("temporarily_unavailable", "server_error",
			"slow_down", "too_many_requests", "rate_limit_exceeded");

	/**
	 * Parse a body.
	 * @param body the body
	 * @return the members of the JSON object it is, in order, {@code null} if it is none
	 */
	static @Nullable Map<String, Object> parse(String body) {
		try {
			return JSONObjectUtils.parseKeepingOrder(body.startsWith("\uFEFF") ? body.substring(1) : body);
		}
		catch (ParseException ex) {
			return null;
		}
	}

	boolean isSuccess() {
		return this.status >= 200 && this.status < 300;
	}

	/**
	 * Whether there is nothing at that address, as opposed to nothing for now. A page
	 * that answers everything with success and HTML says so as well.
	 */
	boolean isAbsent() {
		if (isSuccess()) {
			return this.members == null;
		}
		return this.status >= 300 && this.status < 500 && this.status != REQUEST_TIMEOUT && this.status != TOO_EARLY
				&& this.status != TOO_MANY_REQUESTS;
	}

	/**
	 * Text of a member.
	 * @param name name of the member
	 * @return the text, {@code null} if there is none, or something else than text
	 */
	@Nullable String text(String name) {
		Object value = (this.members != null) ? this.members.get(name) : null;
		return (value instanceof String text && !text.isBlank()) ? text.strip() : null;
	}

	/**
	 * The document that was asked for.
	 * @return a mono with its members, empty if there is no document; fails with
	 * {@link UnavailableException} if that cannot be told now
	 */
	Mono<Map<String, Object>> document() {
		if (isAbsent()) {
			return Mono.empty();
		}
		return isSuccess() ? Mono.justOrEmpty(this.members) : Mono.error(unavailable(reason()));
	}

	/**
	 * What went wrong: a rejection if the server named an error code (whatever the
	 * status, but for those that speak of now), unavailable for anything else.
	 */
	ExchangeException failure() {
		String code = errorCode();
		if (code == null) {
			return unavailable(reason());
		}
		String message = "%s answered %s".formatted(this.from, described(code));
		if (TRANSIENT_ERROR_CODES.contains(code)) {
			return unavailable("%s (status %d)".formatted(message, this.status));
		}
		return new RejectedException(message, code, this.status);
	}

	/**
	 * As {@link #failure()} for an endpoint where clients authenticate: a 401 that says
	 * nothing at all, or asks for the credentials of a client, speaks of the client too.
	 */
	ExchangeException failureOfClient() {
		if (errorCode() == null && this.status == UNAUTHORIZED && (this.empty || challengesClient())) {
			return new RejectedException(
					"%s answered 401, it does not accept the authentication of the client".formatted(this.from),
					"invalid_client", this.status);
		}
		return failure();
	}

	private boolean challengesClient() {
		return Challenge.parse(this.challenges)
			.stream()
			.anyMatch((challenge) -> "Basic".equalsIgnoreCase(challenge.scheme()));
	}

	UnavailableException unavailable(String message) {
		return new UnavailableException(message, this.retryAfter, null);
	}

	private @Nullable String errorCode() {
		String error = text("error");
		boolean later = this.status == TOO_MANY_REQUESTS;
		boolean elsewhere = this.status >= 300 && this.status < 400;
		if (error == null || later || elsewhere) {
			return null;
		}
		String lower = error.toLowerCase(Locale.ROOT);
		if (STANDARD_ERROR_CODES.contains(lower)) {
			return lower;
		}
		boolean code = ERROR_CODE.matcher(error).matches() && !this.redaction.applies(error);
		return (code && this.status < 500) ? error : null;
	}

	private String described(String code) {
		String description = text("error_description");
		String quoted = "'" + code + "'";
		return (description != null) ? quoted + " (" + this.redaction.quote(description) + ")" : quoted;
	}

	private String reason() {
		if (this.status >= 300 && this.status < 400) {
			return "%s answered %d to %s, and redirects are not followed".formatted(this.from, this.status,
					this.redaction.quote(this.location));
		}
		if (this.status >= 500 || this.status == TOO_MANY_REQUESTS) {
			return "%s answered %d".formatted(this.from, this.status);
		}
		String content = (this.members != null) ? "a JSON object" : this.redaction.quote(this.contentType);
		return this.empty ? "%s answered %d without content".formatted(this.from, this.status)
				: "%s answered %d with %s, which says nothing".formatted(this.from, this.status, content);
	}

}
