// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A complete HTTP answer, and the one place that judges it.
 *
 * @param from names the sender, for messages
 * @param status the HTTP status
 * @param headers the headers
 * @param body the body
 * @param note a remark that explains a failure: why a redirect was not followed, or how
 * far clocks differ; or {@code null}
 * @param redaction takes secrets of the request out of messages
 */
record OAuthResponse(String from, int status, ResponseHeaders headers, ResponseBody body, @Nullable String note,
		Redaction redaction) {

	private static final int UNAUTHORIZED = 401;

	private static final int NOT_FOUND = 404;

	private static final int METHOD_NOT_ALLOWED = 405;

	private static final int REQUEST_TIMEOUT = 408;

	private static final int GONE = 410;

	private static final int TOO_EARLY = 425;

	private static final int TOO_MANY_REQUESTS = 429;

	boolean isSuccess() {
		return this.status >= 200 && this.status < 300;
	}

	boolean isRedirect() {
		return this.status >= 300 && this.status < 400;
	}

	OAuthResponse withNote(String note) {
		return new OAuthResponse(this.from, this.status, this.headers, this.body, note, this.redaction);
	}

	/**
	 * The answer to a request that was signed with the time of this machine. Signatures
	 * are refused where clocks differ, and few servers name that as the reason.
	 * @return the answer with a note of the difference, if it is notable
	 */
	OAuthResponse toSigned() {
		Duration ahead = this.headers.clockDifference();
		return (ahead == null || isRedirect()) ? this : withNote("its clock is %d seconds %s the clock of this machine"
			.formatted(ahead.abs().toSeconds(), ahead.isNegative() ? "behind" : "ahead of"));
	}

	/**
	 * The members of the JSON object or the form in the body.
	 * @return the members, {@code null} if the body is something else
	 */
	@Nullable Map<String, Object> members() {
		return this.body.members();
	}

	/**
	 * Whether that address has no document, as opposed to one that is unavailable at the
	 * moment. A page that answers every address with success and HTML is no document
	 * either.
	 */
	boolean isAbsent() {
		return isSuccess() ? members() == null : this.status >= 300 && this.status < 500 && !isTemporaryStatus();
	}

	private boolean isTemporaryStatus() {
		return this.status == REQUEST_TIMEOUT || this.status == TOO_EARLY || this.status == TOO_MANY_REQUESTS
				|| this.status >= 500;
	}

	/**
	 * Text of a member.
	 * @param name name of the member
	 * @return the text, {@code null} if absent or not text
	 */
	@Nullable String text(String name) {
		Map<String, Object> members = members();
		return (members != null && members.get(name) instanceof String text && !text.isBlank()) ? text.strip() : null;
	}

	/**
	 * The requested document.
	 * @return a mono with its members, empty if there is no document; fails with
	 * {@link UnavailableException} if that cannot be told now
	 */
	Mono<Map<String, Object>> document() {
		if (isAbsent()) {
			return Mono.empty();
		}
		return isSuccess() ? Mono.justOrEmpty(members()) : Mono.error(unavailable(reason()));
	}

	/**
	 * The answer in short: its status, and its content type if there is content.
	 * @return for example {@code 403, 'text/html'}
	 */
	String brief() {
		String type = (this.headers.contentType() != null) ? this.redaction.quote(this.headers.contentType())
				: "content without a type";
		return this.status + ", " + (this.body.isEmpty() ? "without content" : type);
	}

	/**
	 * Judge an answer that is not a success.
	 * @return {@link RefusedException} if the server refused for good: it stated an error
	 * code of an OAuth specification in a place for error codes, or another code in
	 * {@code error}; {@link UnavailableException} if it may pass or says nothing usable,
	 * also for a known code in another place. The message holds the words of the server
	 * in any case
	 */
	ExchangeException failure() {
		ErrorWords error = ErrorWords.of(this.body);
		String code = code(error);
		if (code == null) {
			return unavailable(reason(error));
		}
		String message = "%s answered %s".formatted(this.from, described(code, error)) + remark();
		if (error.isTemporary() || !error.isStated()) {
			return unavailable("%s (status %d)".formatted(message, this.status));
		}
		return new RefusedException(message, code, this.status);
	}

	/**
	 * As {@link #failure()} for an endpoint where clients authenticate: a 401 without
	 * content, or one that challenges for credentials of a client, refuses the client.
	 */
	ExchangeException failureOfClient() {
		boolean silent = this.body.isEmpty() || challengesClient();
		if (this.status == UNAUTHORIZED && silent && code(ErrorWords.of(this.body)) == null) {
			return new RefusedException(
					"%s answered 401, it does not accept the authentication of the client".formatted(this.from)
							+ remark(),
					"invalid_client", this.status);
		}
		return failure();
	}

	/**
	 * Whether the server did not accept the authentication of the client.
	 */
	boolean refusesClient() {
		return !isSuccess() && failureOfClient() instanceof RefusedException refused && refused.is("invalid_client");
	}

	private boolean challengesClient() {
		return Challenge.parse(this.headers.challenges()).stream().anyMatch((challenge) -> challenge.is("Basic"));
	}

	UnavailableException unavailable(String message) {
		return new UnavailableException(message, this.headers.retryAfter(), null, meaning());
	}

	private UnavailableException.Meaning meaning() {
		boolean page = isSuccess() && members() == null && !this.body.isEmpty();
		if (isRedirect() || page || this.status == NOT_FOUND || this.status == METHOD_NOT_ALLOWED
				|| this.status == GONE) {
			return UnavailableException.Meaning.NO_ENDPOINT;
		}
		boolean refused = !isTemporaryStatus() && !this.body.isEmpty() && !this.headers.isHtml()
				&& this.headers.retryAfter() == null && !ErrorWords.of(this.body).isTemporary();
		return refused ? UnavailableException.Meaning.OWN_WORDS : UnavailableException.Meaning.OUTAGE;
	}

	private @Nullable String code(ErrorWords error) {
		String code = error.code();
		if (code == null || this.status == TOO_MANY_REQUESTS || isRedirect()) {
			return null;
		}
		return (error.isStandard() || (this.status < 500 && !this.redaction.applies(code))) ? code : null;
	}

	private String described(String code, ErrorWords error) {
		String quoted = "'" + code + "'";
		return (error.description() != null) ? quoted + " (" + this.redaction.quote(error.description()) + ")" : quoted;
	}

	private String remark() {
		return (this.note != null && !isRedirect()) ? ", and " + this.note : "";
	}

	private String reason() {
		return reason(ErrorWords.of(this.body));
	}

	private String reason(ErrorWords error) {
		if (isRedirect()) {
			return "%s answered %d to %s, and %s".formatted(this.from, this.status,
					this.redaction.quote(this.headers.location()),
					(this.note != null) ? this.note : "redirects are not followed");
		}
		if (this.body.isEmpty()) {
			return "%s answered %d without content".formatted(this.from, this.status);
		}
		String kind = (members() != null) ? "a JSON object" : (this.headers.contentType() != null)
				? "content of type " + this.redaction.quote(this.headers.contentType()) : "content without a type";
		return "%s answered %d with %s".formatted(this.from, this.status, kind)
				+ ((words(error) != null) ? ": " + this.redaction.quote(words(error)) : "") + remark();
	}

	/**
	 * The words of the server. A success that could not be read may hold tokens, so only
	 * its error description is repeated.
	 */
	private @Nullable String words(ErrorWords error) {
		return (isSuccess() && members() == null) ? null : error.description();
	}

	@Override
	public String toString() {
		return "OAuthResponse[from=%s, status=%d]".formatted(this.from, this.status);
	}

}
