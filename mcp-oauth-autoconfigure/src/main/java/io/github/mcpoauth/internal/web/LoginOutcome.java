// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.McpOAuthException;

/**
 * The outcome of a user's action.
 *
 * @param kind how it went
 * @param title name of its title among the texts
 * @param text name of its text
 * @param server name of the server
 */
record LoginOutcome(OutcomeKind kind, String title, String text, String server) {

	static LoginOutcome done(String title, String text, String server) {
		return new LoginOutcome(OutcomeKind.DONE, title, text, server);
	}

	static LoginOutcome note(String title, String text, String server) {
		return new LoginOutcome(OutcomeKind.NOTE, title, text, server);
	}

	/**
	 * The outcome of an action that failed.
	 * @param title name of its title
	 * @param server name of the server
	 * @param failure the failure
	 * @return the outcome
	 */
	static LoginOutcome failed(String title, String server, Throwable failure) {
		if (failure instanceof TimeoutException) {
			return note("slow", "slow.text", server);
		}
		McpOAuthException.Kind kind = (failure instanceof McpOAuthException ours) ? ours.getKind()
				: McpOAuthException.Kind.FAILED;
		return new LoginOutcome((kind == McpOAuthException.Kind.DENIED) ? OutcomeKind.NOTE : OutcomeKind.FAILED, title,
				"failed." + cause(kind), server);
	}

	private static String cause(McpOAuthException.Kind kind) {
		return switch (kind) {
			case DENIED, CANCELLED, TIMED_OUT, CONFIGURATION, PROTOCOL, UNAVAILABLE -> kind.outcome().replace('_', '-');
			case STORE_ERROR -> "store";
			case TRANSIENT -> "unavailable";
			default -> "other";
		};
	}

}
