// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * A login as all processes know it. It is kept for some minutes after its end, without
 * its secrets, so that a late answer can be told why it is too late.
 *
 * @param id the id of the login
 * @param owner its owner, {@code null} if absent
 * @param expiresAt when it times out
 * @param progress how far it is
 * @param shown the part that users and callers see
 * @param secrets the values that finish it, empty once it has ended
 */
public record PendingLogin(String id, @Nullable String owner, Instant expiresAt, Progress progress, Shown shown,
		Map<String, Object> secrets) {

	public PendingLogin {
		secrets = Map.copyOf(secrets);
	}

	/**
	 * Whether an answer would be taken.
	 * @param now the instant
	 * @return {@code true} if the user has not answered and is not too late
	 */
	public boolean isWaiting(Instant now) {
		return this.progress.state() == Stage.WAITING && now.isBefore(this.expiresAt);
	}

	/**
	 * The login with the answer of the user.
	 */
	PendingLogin answered() {
		return with(new Progress(Stage.ANSWERED, null, null), this.secrets);
	}

	/**
	 * The login at its end.
	 * @param failure the failure, {@code null} if a grant is stored
	 */
	PendingLogin ended(@Nullable McpOAuthException failure) {
		boolean answered = this.progress.isAnswered();
		if (failure == null) {
			return with(new Progress(Stage.DONE, null, null), Map.of());
		}
		Reason reason = (failure instanceof LoginException refused) ? refused.getReason() : Reason.UNAVAILABLE;
		return with(new Progress(answered ? Stage.FAILED : Stage.ABANDONED, reason, failure.getMessage()), Map.of());
	}

	/**
	 * The login with other secrets.
	 */
	PendingLogin with(Map<String, Object> secrets) {
		return with(this.progress, secrets);
	}

	private PendingLogin with(Progress progress, Map<String, Object> secrets) {
		return new PendingLogin(this.id, this.owner, this.expiresAt, progress, this.shown, secrets);
	}

	/**
	 * The failure of the login.
	 * @param server name of the MCP server
	 * @return the failure, {@code null} if it did not fail
	 */
	public @Nullable LoginException failure(String server) {
		Reason reason = this.progress.reason();
		if (reason == null) {
			return null;
		}
		String message = String.valueOf(this.progress.message());
		// The exception writes it before its message
		String start = String.valueOf(new LoginException(server, reason, "").getMessage());
		return new LoginException(server, reason,
				message.startsWith(start) ? message.substring(start.length()) : message);
	}

	/**
	 * The members of the stored login, without its end.
	 */
	Map<String, Object> members() {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put("id", this.id);
		members.put("owner", this.owner);
		members.put("state", this.progress.state().name());
		members.put("reason", (this.progress.reason() != null) ? this.progress.reason().name() : null);
		members.put("message", this.progress.message());
		this.shown.addTo(members);
		members.put("secrets", this.secrets);
		Map<String, Object> present = new LinkedHashMap<>();
		members.forEach((name, value) -> {
			if (value != null) {
				present.put(name, value);
			}
		});
		return present;
	}

	/**
	 * Read a login.
	 * @param expiresAt when it times out
	 * @param members what {@link #members} wrote
	 * @return the login
	 * @throws MalformedRecordException if it is something else
	 */
	static PendingLogin of(Instant expiresAt, JsonMembers members) throws MalformedRecordException {
		try {
			String reason = members.text("reason");
			Progress progress = new Progress(Stage.valueOf(required(members.text("state"))),
					(reason != null) ? Reason.valueOf(reason) : null, members.text("message"));
			return new PendingLogin(required(members.text("id")), members.text("owner"), expiresAt, progress,
					Shown.of(members), object(members.rest().get("secrets")));
		}
		catch (IllegalArgumentException ex) {
			throw new MalformedRecordException("has a login in an unknown state");
		}
	}

	@SuppressWarnings("unchecked")
	static Map<String, Object> object(@Nullable Object value) throws MalformedRecordException {
		if (value instanceof Map<?, ?> object) {
			// The names of a JSON object are strings
			return (Map<String, Object>) object;
		}
		throw new MalformedRecordException("has a member that is no JSON object");
	}

	private static <T> T required(@Nullable T value) throws MalformedRecordException {
		if (value == null) {
			throw new MalformedRecordException("lacks a member of a login");
		}
		return value;
	}

	/**
	 * Without the address, which has the state in it, and without the secrets.
	 */
	@Override
	public String toString() {
		return "PendingLogin[id=%s, progress=%s]".formatted(this.id, this.progress);
	}

	/**
	 * The part of a login that users and callers see.
	 *
	 * @param url the address for the user
	 * @param urlExpiresAt when that address can no longer be opened, {@code null} if it
	 * is good for the whole login
	 * @param callback how the answer comes back, {@code null} for a device code
	 * @param userCode the code for the user, {@code null} for an authorization code
	 * @param offersDeviceCode whether a login with a code could be started instead
	 */
	public record Shown(URI url, @Nullable Instant urlExpiresAt, Login.@Nullable Callback callback,
			Login.@Nullable UserCode userCode, boolean offersDeviceCode) {

		static Shown of(LoginPrompt prompt) {
			return new Shown(prompt.authorizationUrl(), prompt.authorizationUrlExpiresAt(), prompt.callback(),
					prompt.userCode(), prompt.offersDeviceCode());
		}

		private static Shown of(JsonMembers members) throws MalformedRecordException {
			URI redirectUri = members.uri("redirect_uri");
			Secret state = members.secret("callback_state");
			String code = members.text("user_code");
			URI verificationUri = members.uri("verification_uri");
			URI complete = members.uri("verification_uri_complete");
			return new Shown(required(members.uri("url")), members.instant("url_expires_at"),
					(redirectUri != null && state != null) ? new Login.Callback(redirectUri, state) : null,
					(code != null && verificationUri != null) ? new Login.UserCode(code, verificationUri, complete)
							: null,
					members.flag("offers_device_code"));
		}

		private void addTo(Map<String, @Nullable Object> members) {
			members.put("url", this.url.toString());
			members.put("url_expires_at", (this.urlExpiresAt != null) ? JsonMembers.seconds(this.urlExpiresAt) : null);
			if (this.callback != null) {
				members.put("redirect_uri", this.callback.redirectUri().toString());
				members.put("callback_state", this.callback.state().reveal());
			}
			if (this.userCode != null) {
				URI complete = this.userCode.verificationUriComplete();
				members.put("user_code", this.userCode.value());
				members.put("verification_uri", this.userCode.verificationUri().toString());
				members.put("verification_uri_complete", (complete != null) ? complete.toString() : null);
			}
			members.put("offers_device_code", this.offersDeviceCode);
		}

		/**
		 * The address has the state in it.
		 */
		@Override
		public String toString() {
			return "Shown[userCode=%s]".formatted(this.userCode);
		}

	}

	/**
	 * How far a login is.
	 *
	 * @param state the state
	 * @param reason why it failed, {@code null} if it did not
	 * @param message the message of the failure, {@code null} if absent
	 */
	public record Progress(Stage state, @Nullable Reason reason, @Nullable String message) {

		static final Progress WAITING = new Progress(Stage.WAITING, null, null);

		/**
		 * Whether the answer of the user has arrived.
		 * @return {@code true} if it has
		 */
		public boolean isAnswered() {
			return this.state == Stage.ANSWERED || this.state == Stage.DONE || this.state == Stage.FAILED;
		}

	}

	/**
	 * The states of a login.
	 */
	public enum Stage {

		/**
		 * Waits for the user.
		 */
		WAITING,

		/**
		 * A process exchanges the answer.
		 */
		ANSWERED,

		/**
		 * Its grant is stored.
		 */
		DONE,

		/**
		 * It failed after the answer.
		 */
		FAILED,

		/**
		 * It ended without an answer.
		 */
		ABANDONED

	}

}
