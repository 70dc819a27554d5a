// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.event;

import java.net.URI;
import java.time.Instant;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to the authorization of a server, once for each time it
 * happened and not for each caller that saw it. An event carries no secret; its principal
 * may be personal data.
 * <p>
 * In an application context these are application events, so that a method annotated with
 * {@code @EventListener} can take any of them. They are published in order, on a thread
 * that may block.
 */
public sealed interface McpOAuthEvent {

	/**
	 * The server.
	 * @return its name
	 */
	String server();

	/**
	 * Owner of the grant.
	 * @return the name, {@code null} for the application's own and where it is about the
	 * server
	 */
	@Nullable String principal();

	/**
	 * When it happened.
	 * @return the instant
	 */
	Instant at();

	/**
	 * This process renewed the token.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param expiresAt when the new token expires, {@code null} if the authorization
	 * server did not say
	 * @param persisted whether it is stored; if not, it lives in this process only until
	 * storing it succeeds
	 */
	record TokenRefreshed(String server, @Nullable String principal, Instant at, @Nullable Instant expiresAt,
			boolean persisted) implements McpOAuthEvent {

	}

	/**
	 * The store showed another token than the one in use: another process renewed it or
	 * logged in, or a login of this process has ended.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it was seen
	 * @param expiresAt when the token expires, {@code null} if not known
	 */
	record TokenAdopted(String server, @Nullable String principal, Instant at,
			@Nullable Instant expiresAt) implements McpOAuthEvent {

	}

	/**
	 * A refresh failed for a reason that may pass.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param reason one sentence of cause
	 * @param failures how many failed in a row, this one included
	 * @param nextTry before this instant no other is tried
	 */
	record RefreshFailed(String server, @Nullable String principal, Instant at, String reason, int failures,
			Instant nextTry) implements McpOAuthEvent {

	}

	/**
	 * A login is required, for the first time since there was a usable token.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param reason one sentence of cause
	 * @param action the remedy: the command to run, or the setting to correct
	 */
	record LoginRequired(String server, @Nullable String principal, Instant at, String reason,
			String action) implements McpOAuthEvent {

	}

	/**
	 * A login waits for a user.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param flow id of the login
	 * @param authorizationUrl where the user has to go, {@code null} for a login that
	 * needs no user. It is for that user only, and {@link #toString()} leaves it out
	 * @param userCode the code to enter there, {@code null} but for a login with a device
	 * code
	 * @param expiresAt when the login times out
	 */
	record LoginStarted(String server, @Nullable String principal, Instant at, String flow,
			@Nullable URI authorizationUrl, Login.@Nullable UserCode userCode,
			Instant expiresAt) implements McpOAuthEvent {

		@Override
		public String toString() {
			return "LoginStarted[server=%s, principal=%s, at=%s, flow=%s, expiresAt=%s]".formatted(this.server,
					this.principal, this.at, this.flow, this.expiresAt);
		}

	}

	/**
	 * A login ended with a stored grant.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param flow id of the login
	 * @param expiresAt when the token expires, {@code null} if not known
	 */
	record LoggedIn(String server, @Nullable String principal, Instant at, String flow,
			@Nullable Instant expiresAt) implements McpOAuthEvent {

	}

	/**
	 * A login ended without a grant, and changed nothing.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param flow id of the login, {@code null} if it failed before the user was asked
	 * @param reason the kind of failure, {@code null} if the store failed
	 * @param message the failure and its remedy
	 */
	record LoginFailed(String server, @Nullable String principal, Instant at, @Nullable String flow,
			LoginException.@Nullable Reason reason, String message) implements McpOAuthEvent {

	}

	/**
	 * This process took the grant away.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param revoked whether the authorization server confirmed that it is revoked
	 */
	record LoggedOut(String server, @Nullable String principal, Instant at, boolean revoked) implements McpOAuthEvent {

	}

	/**
	 * This process deleted all there was for the server.
	 *
	 * @param server name of the server
	 * @param principal owner of the grant, {@code null} for the application's own
	 * @param at when it happened
	 * @param revoked whether the authorization server confirmed that its grant is revoked
	 */
	record ServerRemoved(String server, @Nullable String principal, Instant at,
			boolean revoked) implements McpOAuthEvent {

	}

	/**
	 * A server wants a user to open an address, and the user was not asked yet. It waits
	 * on the connections page and at the endpoint.
	 *
	 * @param server name of the server
	 * @param principal the user, {@code null} for the application's own grant
	 * @param at when it happened
	 * @param question id of the question
	 * @param tool the tool that needs it, {@code null} if not known
	 * @param url the address, as the server wrote it. It is for that user only, and
	 * {@link #toString()} leaves it out. Do not open it before the user agrees
	 * @param expiresAt when the question ends
	 */
	record QuestionAsked(String server, @Nullable String principal, Instant at, String question, @Nullable String tool,
			String url, Instant expiresAt) implements McpOAuthEvent {

		@Override
		public String toString() {
			return "QuestionAsked[server=%s, principal=%s, at=%s, question=%s, tool=%s, expiresAt=%s]"
				.formatted(this.server, this.principal, this.at, this.question, this.tool, this.expiresAt);
		}

	}

}
