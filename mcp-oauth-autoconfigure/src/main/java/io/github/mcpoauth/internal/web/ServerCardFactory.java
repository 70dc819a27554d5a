// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.web.ServerCard.Actions;
import io.github.mcpoauth.internal.web.ServerCard.GrantFacts;
import io.github.mcpoauth.internal.web.ServerCard.Identity;
import io.github.mcpoauth.internal.web.ServerCard.LoginState;
import io.github.mcpoauth.internal.web.ServerCard.Problem;
import io.github.mcpoauth.internal.web.ServerCard.Scope;
import org.jspecify.annotations.Nullable;

import org.springframework.util.DigestUtils;
import org.springframework.web.util.UriUtils;

/**
 * Makes the cards of servers for one visit.
 */
final class ServerCardFactory {

	private final Texts texts;

	private final Locale language;

	private final Instant now;

	ServerCardFactory(Texts texts, Locale language, Instant now) {
		this.texts = texts;
		this.language = language;
		this.now = now;
	}

	ServerCard card(ServerConnection connection) {
		ServerStatus status = connection.status();
		CardState state = CardState.of(connection);
		return new ServerCard(
				new Identity(id(status.server()), status.server(),
						UntrustedText.withoutSecrets(status.url().toString())),
				state, problem(connection, state), login(connection), questions(connection), grant(connection),
				actions(connection));
	}

	/**
	 * A failure to read the state of one server is shown on its own card; the other cards
	 * are unaffected.
	 */
	ServerCard broken(McpServer server) {
		return new ServerCard(
				new Identity(id(server.name()), server.name(), UntrustedText.withoutSecrets(server.url().toString())),
				CardState.UNKNOWN, new Problem("unknown", null), null, List.of(), null, null);
	}

	private @Nullable Problem problem(ServerConnection connection, CardState state) {
		ServerStatus status = connection.status();
		LoginException abandoned = connection.abandoned();
		if (connection.login() == null && state != CardState.CONNECTED && abandoned != null
				&& abandoned.getReason() != LoginException.Reason.CANCELLED) {
			return new Problem(
					(abandoned.getReason() == LoginException.Reason.TIMED_OUT) ? "login-timed-out" : "login-failed",
					null);
		}
		String text = switch (status.state()) {
			case AUTHORIZED -> null;
			case REFRESH_FAILING -> "failing";
			case UNPERSISTED -> "unsaved";
			case STORE_ERROR -> "broken";
			case LOGIN_REQUIRED -> connection.hasGrant() ? "needed" : null;
		};
		return (text != null) ? new Problem(text, PageTime.of(status.explanation().nextTry(), this.now, this.language))
				: null;
	}

	private @Nullable LoginState login(ServerConnection connection) {
		Login login = connection.login();
		if (login == null) {
			return null;
		}
		PageTime until = PageTime.at(login.expiresAt(), this.now, this.language);
		if (!connection.isOwn()) {
			return new LoginState(false, null, null, null, until);
		}
		Login.UserCode code = login.userCode();
		if (code != null) {
			URI complete = code.verificationUriComplete();
			return new LoginState(true, code.verificationUri().toString(),
					((complete != null) ? complete : code.verificationUri()).toString(), code.value(), until);
		}
		URI url = login.authorizationUrl();
		return new LoginState(true, (url != null) ? url.getRawAuthority() : connection.status().server(), null, null,
				until);
	}

	private List<QuestionNotice> questions(ServerConnection connection) {
		return connection.questions()
			.stream()
			.map((question) -> QuestionNotice.of(question, this.now, this.language))
			.toList();
	}

	private @Nullable GrantFacts grant(ServerConnection connection) {
		ServerStatus status = connection.status();
		if (!connection.isGrantKnown()) {
			return null;
		}
		Instant expiresAt = status.grant().expiresAt();
		String expiry = "no-expiry";
		if (expiresAt != null) {
			expiry = expiresAt.isAfter(this.now) ? "expires" : "expired";
		}
		String issuer = status.grant().issuer();
		return new GrantFacts(
				status.grant()
					.scopes()
					.stream()
					.map((scope) -> new Scope(scope, this.texts.has("scope." + scope, this.language)))
					.toList(),
				expiry, PageTime.of(expiresAt, this.now, this.language), status.grant().refreshTokenPresent(),
				(issuer != null) ? UntrustedText.withoutSecrets(issuer) : null);
	}

	private static Actions actions(ServerConnection connection) {
		Login login = connection.login();
		String server = connection.status().server();
		Login.UserCode code = (login != null) ? login.userCode() : null;
		return new Actions((login != null) ? login.id() : null, connection.isOwn(),
				(code != null) ? code.value() : null, (login != null) ? onward(server, login) : null,
				login != null && login.offersDeviceCode(),
				connection.status().state() == ServerStatus.State.LOGIN_REQUIRED, connection.hasGrant(),
				elsewhere(connection.registration()));
	}

	/**
	 * Spring Security's page for a registration, relative to the list.
	 */
	private static @Nullable String elsewhere(@Nullable String registration) {
		return (registration != null)
				? "../oauth2/authorization/" + UriUtils.encodePathSegment(registration, StandardCharsets.UTF_8) : null;
	}

	/**
	 * The address of our page that shows where a login goes.
	 */
	static String onward(String server, Login login) {
		return "login?server=%s&flow=%s".formatted(UriUtils.encode(server, StandardCharsets.UTF_8), login.id());
	}

	private static String id(String server) {
		return DigestUtils.md5DigestAsHex(server.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
	}

}
