// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.List;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.question.Question;
import org.jspecify.annotations.Nullable;

/**
 * The connection to a server for one visitor.
 *
 * @param status its state
 * @param login the login in progress, {@code null} if absent
 * @param pending the visitor's own login, which may have ended, {@code null} if absent
 * @param registration the registration of Spring Security with which users log in,
 * {@code null} if they connect the server here
 * @param questions the addresses that the server wants the user to open
 */
record ServerConnection(ServerStatus status, @Nullable Login login, @Nullable Login pending,
		@Nullable String registration, List<Question.Url> questions) {

	/**
	 * Whether the visitor started the login in progress.
	 */
	boolean isOwn() {
		return this.login != null && this.pending != null && this.login.id().equals(this.pending.id());
	}

	/**
	 * The failure of the visitor's own login, if there was no answer to it.
	 */
	@Nullable LoginException abandoned() {
		return (this.pending != null && !this.pending.isAnswered()) ? this.pending.failure() : null;
	}

	/**
	 * Whether there is something to take away.
	 */
	boolean hasGrant() {
		return isGrantKnown() || this.status.state() != ServerStatus.State.LOGIN_REQUIRED;
	}

	/**
	 * Whether there is something to say about the grant. Where the store cannot be read,
	 * there is not.
	 */
	boolean isGrantKnown() {
		return this.status.grant().issuedAt() != null || this.status.grant().expiresAt() != null
				|| this.status.grant().refreshTokenPresent() || !this.status.grant().scopes().isEmpty()
				|| this.status.state() == ServerStatus.State.AUTHORIZED;
	}

}
