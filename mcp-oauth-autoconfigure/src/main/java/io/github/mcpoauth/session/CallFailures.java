// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Classifies the failure of a call by type and status, never by a text.
 */
final class CallFailures {

	private static final int LONGEST_CHAIN = 16;

	private CallFailures() {
	}

	/**
	 * Find the exception of this library for a failure.
	 * @param server name of the server
	 * @param failure the failure of the MCP library or the HTTP client
	 * @param closed whether the session is closed by now
	 * @return an exception of this library, or the failure itself if the server has no
	 * part in it
	 */
	static Throwable translate(String server, Throwable failure, boolean closed) {
		McpOAuthException ours = find(failure, McpOAuthException.class);
		if (ours != null) {
			return ours;
		}
		boolean sent = find(failure, NotSentException.class) == null;
		Throwable translated = translate(server, failure);
		if (!sent && translated instanceof McpCallException call && call.getReason() == Reason.UNANSWERED) {
			return new McpCallException(server, Reason.UNAVAILABLE,
					"%s to the attempt to open a session".formatted(call.getMessage()), null, null, failure);
		}
		if (!sent && !closed && translated == failure) {
			return new McpCallException(server, Reason.REFUSED,
					"No session with MCP server '%s' could be opened: %s. Check 'mcp.servers.%1$s.url'"
						.formatted(server, UntrustedText.quote(root(failure).getMessage())),
					null, null, failure);
		}
		if (closed && translated == failure) {
			return failure(server, sent ? Reason.UNANSWERED : Reason.CLOSED,
					"The session with MCP server '%s' was closed before it answered", failure);
		}
		return translated;
	}

	private static Throwable translate(String server, Throwable failure) {
		McpError error = find(failure, McpError.class, (candidate) -> candidate.getJsonRpcError() != null);
		if (error != null) {
			JSONRPCError answer = error.getJsonRpcError();
			return refused(server, answer.code(), answer.message(), failure);
		}
		WebClientResponseException response = find(failure, WebClientResponseException.class);
		if (response != null) {
			return status(server, response);
		}
		if (find(failure, Throwable.class, CallFailures::isBeforeSending) != null) {
			return unreachable(server, failure, proxy());
		}
		if (find(failure, SSLException.class, CallFailures::isPlainHttp) != null) {
			return failure(server, Reason.UNAVAILABLE,
					"MCP server '%s' speaks plain http at that port. Correct the scheme or the port in 'mcp.servers.%1$s.url'",
					failure);
		}
		if (find(failure, SSLHandshakeException.class) != null) {
			return failure(server, Reason.UNAVAILABLE,
					"No TLS connection to MCP server '%s' could be made. Check that it speaks https at its port, its certificate, and the SSL bundle in 'spring.http.clients.ssl.bundle'",
					failure);
		}
		if (find(failure, Throwable.class, CallFailures::isTimeout) != null) {
			return failure(server, Reason.UNANSWERED, "MCP server '%s' did not answer in time", failure);
		}
		if (find(failure, Throwable.class, CallFailures::isConnection) != null) {
			return failure(server, Reason.UNANSWERED, "MCP server '%s' closed the connection before it answered",
					failure);
		}
		return failure;
	}

	/**
	 * Say which part of the way to check.
	 * @param server name of the server
	 * @param failure why there is no connection
	 * @param proxy the proxy of this JVM, {@code null} if absent
	 * @return the exception
	 */
	static McpCallException unreachable(String server, Throwable failure, @Nullable String proxy) {
		String message = (find(failure, UnknownHostException.class) != null)
				? "MCP server '%s' cannot be reached: its host name is not known. Check 'mcp.servers.%1$s.url'%s"
				: "MCP server '%s' cannot be reached. Check its address and that it runs%s";
		return new McpCallException(server, Reason.UNAVAILABLE,
				message.formatted(server,
						(proxy != null) ? ", and the proxy that this JVM was started with, %s".formatted(proxy) : ""),
				null, null, failure);
	}

	private static @Nullable String proxy() {
		return Stream.of("https.proxyHost", "http.proxyHost", "socksProxyHost")
			.map(System::getProperty)
			.filter(StringUtils::hasText)
			.findFirst()
			.map(UntrustedText::quote)
			.orElse(null);
	}

	/**
	 * Netty's exception is told by name, because no connector is sure to be there.
	 */
	private static boolean isPlainHttp(SSLException candidate) {
		return "NotSslRecordException".equals(candidate.getClass().getSimpleName());
	}

	private static boolean isBeforeSending(Throwable candidate) {
		return candidate instanceof ConnectException || candidate instanceof UnknownHostException
				|| candidate instanceof HttpConnectTimeoutException;
	}

	private static boolean isTimeout(Throwable candidate) {
		return candidate instanceof TimeoutException || candidate instanceof HttpTimeoutException;
	}

	private static boolean isConnection(Throwable candidate) {
		return candidate instanceof WebClientRequestException || candidate instanceof IOException
				|| candidate instanceof ClosedChannelException;
	}

	static McpCallException refused(String server, int code, @Nullable String message, Throwable failure) {
		return new McpCallException(server, Reason.REFUSED,
				"MCP server '%s' answered with error %d: %s".formatted(server, code, UntrustedText.quote(message)),
				code, null, failure);
	}

	private static McpCallException status(String server, WebClientResponseException response) {
		ProtocolError error = ProtocolError.in(response);
		if (error != null) {
			return refused(server, error.code(), error.message(), response);
		}
		HttpStatusCode status = response.getStatusCode();
		boolean later = status.isSameCodeAs(HttpStatus.SERVICE_UNAVAILABLE)
				|| status.isSameCodeAs(HttpStatus.TOO_MANY_REQUESTS);
		Reason reason = later ? Reason.UNAVAILABLE : status.is5xxServerError() ? Reason.UNANSWERED : Reason.REFUSED;
		return new McpCallException(server, reason, "MCP server '%s' answered with HTTP status %d%s".formatted(server,
				status.value(), hint(server, status)), null, later ? retryAfter(response.getHeaders()) : null,
				response);
	}

	private static String hint(String server, HttpStatusCode status) {
		return switch (status.value()) {
			// Nothing speaks MCP there
			case 404, 405 -> ". Check the path in 'mcp.servers.%s.url'".formatted(server);
			case 403 -> ": this user or client may not do that, or the path in 'mcp.servers.%s.url' is another one's"
				.formatted(server);
			default -> "";
		};
	}

	private static @Nullable Duration retryAfter(HttpHeaders headers) {
		String value = headers.getFirst(HttpHeaders.RETRY_AFTER);
		if (value == null || !value.matches("[0-9]{1,9}")) {
			return null;
		}
		return Duration.ofSeconds(Long.parseLong(value));
	}

	private static McpCallException failure(String server, Reason reason, String message, Throwable cause) {
		return new McpCallException(server, reason, message.formatted(server), null, null, cause);
	}

	/**
	 * Whether an answer was lost with its connection.
	 */
	static boolean isBroken(Throwable failure) {
		return find(failure, McpOAuthException.class) == null && find(failure, NotSentException.class) == null
				&& find(failure, Throwable.class, CallFailures::isBeforeSending) == null
				&& find(failure, Throwable.class, CallFailures::isConnection) != null;
	}

	private static Throwable root(Throwable failure) {
		Throwable root = failure;
		for (int i = 0; i < LONGEST_CHAIN && root.getCause() != null; i++) {
			root = root.getCause();
		}
		return root;
	}

	static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
		return find(failure, type, (candidate) -> true);
	}

	private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type, Predicate<? super T> test) {
		Throwable candidate = failure;
		for (int i = 0; i < LONGEST_CHAIN && candidate != null; i++) {
			if (type.isInstance(candidate) && test.test(type.cast(candidate))) {
				return type.cast(candidate);
			}
			candidate = candidate.getCause();
		}
		return null;
	}

}
