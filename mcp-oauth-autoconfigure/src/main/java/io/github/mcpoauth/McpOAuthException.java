// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Duration;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponse;

/**
 * An MCP server could not be given a token. Messages name the server, the failure, its
 * source and its remedy, and never hold a secret.
 * <p>
 * As an {@link ErrorResponse} it has an HTTP status and a problem detail (RFC 9457) for
 * an application that answers its own caller with it.
 */
public class McpOAuthException extends RuntimeException implements ErrorResponse {

	private static final long serialVersionUID = 1L;

	private final String server;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message the failure and its remedy
	 * @param cause the cause, or {@code null}
	 */
	public McpOAuthException(String server, String message, @Nullable Throwable cause) {
		super(message, cause);
		this.server = server;
	}

	/**
	 * Create an exception without cause.
	 * @param server name of the MCP server
	 * @param message the failure and its remedy
	 */
	public McpOAuthException(String server, String message) {
		this(server, message, null);
	}

	/**
	 * The server this is about.
	 * @return its name
	 */
	public String getServer() {
		return this.server;
	}

	/**
	 * The kind of failure, on which the HTTP status, the exit code of commands and the
	 * outcome of observations depend.
	 * @return the kind
	 */
	public Kind getKind() {
		return Kind.FAILED;
	}

	/**
	 * How long to wait before the next try makes sense.
	 * @return the duration, {@code null} if not known
	 */
	public @Nullable Duration getRetryAfter() {
		return null;
	}

	@Override
	public HttpStatus getStatusCode() {
		return getKind().status();
	}

	@Override
	public HttpHeaders getHeaders() {
		Duration retryAfter = getRetryAfter();
		if (retryAfter == null) {
			return HttpHeaders.EMPTY;
		}
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, String.valueOf(seconds(retryAfter)));
		return headers;
	}

	/**
	 * The problem detail: the message as its detail, the {@code server}, and the
	 * {@code kind} in small letters.
	 * @return a new problem detail
	 */
	@Override
	public ProblemDetail getBody() {
		ProblemDetail body = ProblemDetail.forStatusAndDetail(getStatusCode(), String.valueOf(getMessage()));
		body.setTitle(getKind().title);
		body.setProperty("server", this.server);
		body.setProperty("kind", getKind().name().toLowerCase(Locale.ROOT));
		return body;
	}

	/**
	 * A pause in whole seconds, at least one.
	 * @param duration the pause
	 * @return the seconds, rounded up
	 */
	static long seconds(Duration duration) {
		return Math.max(1, duration.plusMillis(999).toSeconds());
	}

	/**
	 * Kinds of failure.
	 */
	public enum Kind {

		/**
		 * A user has to log in to the MCP server. Neither 401 nor 403, which would be
		 * taken for an answer about the application's own login.
		 */
		LOGIN_REQUIRED(HttpStatus.CONFLICT, "Login required", "login_required"),

		/**
		 * No login can help until an operator has corrected a setting.
		 */
		MISCONFIGURED(HttpStatus.INTERNAL_SERVER_ERROR, "Authorization not possible", "login_required"),

		/**
		 * The user of the request is not known.
		 */
		PRINCIPAL_REQUIRED(HttpStatus.UNAUTHORIZED, "User not known", "failed"),

		/**
		 * There is no such MCP server, or no such tool.
		 */
		UNKNOWN(HttpStatus.NOT_FOUND, "Not found", "failed"),

		/**
		 * The user, or the policy of the server, denied a login.
		 */
		DENIED(HttpStatus.CONFLICT, "Login denied", "denied"),

		/**
		 * A login was cancelled.
		 */
		CANCELLED(HttpStatus.CONFLICT, "Login cancelled", "cancelled"),

		/**
		 * A user did not answer a login in time.
		 */
		TIMED_OUT(HttpStatus.CONFLICT, "Login timed out", "timed_out"),

		/**
		 * The settings of a login do not fit the server or this machine.
		 */
		CONFIGURATION(HttpStatus.INTERNAL_SERVER_ERROR, "Login not possible", "configuration"),

		/**
		 * There is no login under way.
		 */
		NOT_PENDING(HttpStatus.CONFLICT, "No login under way", "failed"),

		/**
		 * An answer to a login is unusable or untrusted.
		 */
		PROTOCOL(HttpStatus.BAD_GATEWAY, "Unusable answer", "protocol"),

		/**
		 * A server is out of reach, or calls to it are paused. Nothing was done.
		 */
		UNAVAILABLE(HttpStatus.SERVICE_UNAVAILABLE, "Server not available", "unavailable"),

		/**
		 * No token can be had just now.
		 */
		TRANSIENT(HttpStatus.SERVICE_UNAVAILABLE, "Authorization not available", "transient"),

		/**
		 * The token store failed.
		 */
		STORE_ERROR(HttpStatus.SERVICE_UNAVAILABLE, "Token store not available", "store_error"),

		/**
		 * The token store cannot do this.
		 */
		NOT_SUPPORTED(HttpStatus.NOT_IMPLEMENTED, "Not supported by the token store", "store_error"),

		/**
		 * The MCP server answered with an error.
		 */
		REFUSED(HttpStatus.BAD_GATEWAY, "Refused by the MCP server", "failed"),

		/**
		 * A request was sent to the MCP server and was not answered. It may have been
		 * done.
		 */
		UNANSWERED(HttpStatus.GATEWAY_TIMEOUT, "No answer of the MCP server", "failed"),

		/**
		 * The session with the MCP server is closed for good.
		 */
		CLOSED(HttpStatus.SERVICE_UNAVAILABLE, "Session closed", "failed"),

		/**
		 * Another failure.
		 */
		FAILED(HttpStatus.INTERNAL_SERVER_ERROR, "Authorization failed", "failed");

		private final HttpStatus status;

		private final String title;

		private final String outcome;

		Kind(HttpStatus status, String title, String outcome) {
			this.status = status;
			this.title = title;
			this.outcome = outcome;
		}

		/**
		 * The HTTP status of an answer.
		 * @return the status
		 */
		public HttpStatus status() {
			return this.status;
		}

		/**
		 * The outcome of an observation.
		 * @return the value of the key {@code outcome}
		 */
		public String outcome() {
			return this.outcome;
		}

	}

}
