// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * The failure of a command, for its caller.
 *
 * @param exitCode the kind of failure
 * @param message the failure and its remedy
 * @param members the same for a program
 */
record Failure(ExitCode exitCode, String message, Map<String, Object> members) {

	static Failure of(Throwable thrown) {
		Throwable ex = Exceptions.unwrap(thrown);
		if (ex instanceof LoginRequiredException required) {
			return new Failure(exitCode(required), message(required), required.needsReauth().toMap());
		}
		if (ex instanceof McpOAuthException failure) {
			Failure described = new Failure(exitCode(failure), message(failure), new LinkedHashMap<>());
			described.members.put("error", described.message);
			described.members.put("server", failure.getServer());
			Duration retryAfter = failure.getRetryAfter();
			if (retryAfter != null) {
				described.members.put("retry_after", seconds(retryAfter));
			}
			return described;
		}
		if (ex instanceof CommandException failure) {
			return of(failure.exitCode(), message(failure));
		}
		String unreachable = unreachable(ex);
		if (unreachable != null) {
			return of(ExitCode.TRY_LATER, unreachable);
		}
		return of(ExitCode.FAILED,
				"Failed unexpectedly with %s: %s. Run it again with --logging.level.io.github.mcpoauth=debug for more"
					.formatted(ex.getClass().getName(), UntrustedText.quote(ex.getMessage())));
	}

	static Failure of(ExitCode exitCode, String message) {
		return new Failure(exitCode, message, Map.of("error", message));
	}

	/**
	 * Find out whether the database or Redis behind the store is down.
	 * @param thrown a failure of a command, or of creating the beans for it
	 * @return one sentence, {@code null} if something else went wrong
	 */
	static @Nullable String unreachable(@Nullable Throwable thrown) {
		String found = null;
		for (Throwable ex = thrown; ex != null; ex = ex.getCause()) {
			boolean driver = ex instanceof SQLTransientConnectionException
					|| (ex instanceof SQLException sql && String.valueOf(sql.getSQLState()).startsWith("08"))
					|| ex.getClass().getSimpleName().equals("RedisConnectionFailureException");
			// The driver's message names the address, that of the socket may not
			if (driver || (found == null && (ex instanceof ConnectException || ex instanceof UnknownHostException))) {
				found = String.valueOf(ex.getMessage());
			}
		}
		return (found != null)
				? "The store cannot be reached: %s. Try again when it is up".formatted(UntrustedText.quote(found))
				: null;
	}

	private static String message(Throwable ex) {
		return String.valueOf(ex.getMessage());
	}

	private static ExitCode exitCode(McpOAuthException ex) {
		return switch (ex.getKind()) {
			case UNKNOWN -> ExitCode.USAGE;
			case LOGIN_REQUIRED, DENIED, CANCELLED, TIMED_OUT -> ExitCode.LOGIN_REQUIRED;
			case TRANSIENT, UNAVAILABLE, UNANSWERED -> ExitCode.TRY_LATER;
			case STORE_ERROR -> (unreachable(ex) != null) ? ExitCode.TRY_LATER : ExitCode.FAILED;
			case MISCONFIGURED, PRINCIPAL_REQUIRED, CONFIGURATION, NOT_PENDING, PROTOCOL, REFUSED, CLOSED,
					NOT_SUPPORTED, FAILED ->
				ExitCode.FAILED;
		};
	}

	private static long seconds(Duration duration) {
		return Math.max(1, duration.plusMillis(999).toSeconds());
	}

}
