// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.UserCode;

import org.springframework.util.DigestUtils;
import org.springframework.util.StringUtils;

/**
 * One server on the page.
 */
final class ServerCard {

	private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm 'UTC'", Locale.ROOT)
		.withZone(ZoneOffset.UTC);

	private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
		.withZone(ZoneOffset.UTC);

	private final ServerConnection connection;

	private final ServerStatus status;

	private final Instant now;

	private final String id;

	ServerCard(ServerConnection connection, Instant now) {
		this.connection = connection;
		this.status = connection.status();
		this.now = now;
		this.id = DigestUtils.md5DigestAsHex(this.status.server().getBytes(StandardCharsets.UTF_8)).substring(0, 12);
	}

	/**
	 * The card.
	 * @param root what the addresses of forms begin with
	 * @param fields the hidden fields of every form
	 * @return a list item
	 */
	Html render(String root, Html fields) {
		State state = State.of(this.connection);
		Html body = body(state, root, fields);
		String version = Secret.of(body(state, root, Html.nothing()).markup()).fingerprint();
		return Html.of("""
				<li class="server" id="server-{}" data-version="{}" data-state="{}" data-label="{}: {}">{}</li>
				""", this.id, version, state.name().toLowerCase(Locale.ROOT), this.status.server(), state.label, body);
	}

	private Html body(State state, String root, Html fields) {
		return Html.of("""
				<article aria-labelledby="name-{}">
				<div class="head">
				<h2 id="name-{}"><bdi>{}</bdi></h2>
				<p class="badge">{}</p>
				</div>
				<p class="address"><bdi>{}</bdi></p>
				{}{}{}
				<div class="actions">{}</div>
				</article>""", this.id, this.id, this.status.server(), state.label,
				withoutSecrets(this.status.url().toString()), reason(), login(), facts(), actions(root, fields));
	}

	private Html reason() {
		String reason = this.status.reason();
		if (reason == null || (!this.connection.hasGrant() && this.connection.login() != null)) {
			return Html.nothing();
		}
		Instant next = this.status.nextTry();
		Html later = (next != null) ? Html.of(" It is tried again at {}.", time(next)) : Html.nothing();
		return Html.of("<p class=\"reason\">{}{}</p>", sentence(reason), later);
	}

	private Html login() {
		Login login = this.connection.login();
		if (login == null) {
			return Html.nothing();
		}
		URI url = login.authorizationUrl();
		if (!this.connection.own()) {
			return Html.of("<p class=\"reason\">A login is in progress elsewhere, until {}.</p>",
					time(login.expiresAt()));
		}
		UserCode code = login.userCode();
		if (code != null) {
			return code(code, login.expiresAt());
		}
		return Html.of("<p class=\"reason\">Waiting for you at <strong><bdi>{}</bdi></strong>, until {}.</p>",
				(url != null) ? url.getRawAuthority() : "the authorization server", time(login.expiresAt()));
	}

	private Html code(UserCode code, Instant expiresAt) {
		URI complete = code.verificationUriComplete();
		return Html.of("""
				<div class="reason code">
				<p>On any device, go to <a rel="noreferrer noopener" target="_blank" href="{}"><bdi>{}</bdi></a> and \
				enter or compare this code, until {}:</p>
				<p><strong><bdi>{}</bdi></strong></p>
				<p>It is for you only. This page shows when it is done<span class="noscript">: load it again \
				then</span>.</p>
				</div>""", (complete != null) ? complete : code.verificationUri(), code.verificationUri(),
				time(expiresAt), code.value());
	}

	private Html facts() {
		if (!this.connection.isGrantKnown()) {
			return Html.nothing();
		}
		return Html.of("<dl>{}{}{}</dl>", scopes(), token(), issuer());
	}

	private Html scopes() {
		if (this.status.scopes().isEmpty()) {
			return Html.of("<div><dt>Access</dt><dd>As the authorization server chose</dd></div>");
		}
		Html items = Html
			.join(this.status.scopes().stream().map((scope) -> Html.of("<li><bdi>{}</bdi></li>", scope)).toList());
		return Html.of("<div><dt>Access</dt><dd><ul class=\"scopes\">{}</ul></dd></div>", items);
	}

	private Html token() {
		Instant expiresAt = this.status.expiresAt();
		Html expiry = Html.of("does not say when it expires");
		if (expiresAt != null) {
			expiry = expiresAt.isAfter(this.now)
					? Html.of("expires {} ({})", in(Duration.between(this.now, expiresAt)), time(expiresAt))
					: Html.of("expired at {}", time(expiresAt));
		}
		String renewal = this.status.refreshTokenPresent() ? "renewed on its own" : "cannot be renewed without you";
		return Html.of("<div><dt>Token</dt><dd>{}, {}</dd></div>", expiry, renewal);
	}

	private Html issuer() {
		String issuer = this.status.issuer();
		return (issuer != null)
				? Html.of("<div><dt>Authorized by</dt><dd><bdi>{}</bdi></dd></div>", withoutSecrets(issuer))
				: Html.nothing();
	}

	private Html actions(String root, Html fields) {
		Login login = this.connection.login();
		if (login != null && this.connection.own()) {
			Html onward = (login.userCode() != null) ? Html.nothing()
					: Html.of("<a class=\"button primary\" id=\"continue-{}\" href=\"{}/login?flow={}\">Continue{}</a>",
							this.id, root, login.id(), hidden("the login to"));
			return Html.of("{}{}", onward, form(root, "cancel", "Cancel", "the login to", "", fields,
					Html.of("<input type=\"hidden\" name=\"flow\" value=\"{}\">", login.id())));
		}
		if (login != null) {
			return Html.of("{}{}",
					form(root, "connect", "Start over here", "with", "", fields,
							Html.of("<input type=\"hidden\" name=\"instead\" value=\"{}\">", login.id())),
					disconnect(root, fields));
		}
		boolean needed = this.status.state() == ServerStatus.State.LOGIN_REQUIRED;
		Html connect = form(root, "connect", this.connection.hasGrant() ? "Reconnect" : "Connect", "",
				needed ? "primary" : "", fields, Html.nothing());
		Html code = needed ? form(root, "connect", "Use a code", "to connect", "", fields,
				Html.of("<input type=\"hidden\" name=\"code\" value=\"true\">")) : Html.nothing();
		return Html.of("{}{}{}", connect, code, disconnect(root, fields));
	}

	/**
	 * Asks once more, also without a script.
	 */
	private Html disconnect(String root, Html fields) {
		if (!this.connection.hasGrant()) {
			return Html.nothing();
		}
		return Html.of(
				"""
						<details id="disconnect-{}"><summary class="button">Disconnect{}…</summary>
						<div class="confirm"><p>Its tokens are revoked and forgotten. To use it again, connect again.</p>{}</div>
						</details>""",
				this.id, hidden(""), form(root, "disconnect", "Disconnect now", "", "danger", fields, Html.nothing()));
	}

	private Html form(String root, String action, String label, String hiddenLabel, String style, Html fields,
			Html more) {
		return Html.of("""
				<form method="post" action="{}/{}">{}{}<input type="hidden" name="server" value="{}">\
				<button class="button {}" id="{}-{}">{}{}</button></form>""", root, action, fields, more,
				this.status.server(), style, label.replace(' ', '-').toLowerCase(Locale.ROOT), this.id, label,
				hidden(hiddenLabel));
	}

	/**
	 * What tells a button from the same one of another server, for those who hear it.
	 */
	private Html hidden(String text) {
		return Html.of("<span class=\"hidden\"> {} {}</span>", text, this.status.server());
	}

	private Html time(Instant instant) {
		boolean soon = Duration.between(this.now, instant).abs().compareTo(Duration.ofHours(20)) < 0;
		return Html.of("<time datetime=\"{}\">{}</time>", instant, soon ? TIME.format(instant) : DAY.format(instant));
	}

	private static String in(Duration duration) {
		long minutes = (duration.toSeconds() + 30) / 60;
		if (minutes < 1) {
			return "in less than a minute";
		}
		if (minutes < 100) {
			return "in " + counted(minutes, "minute");
		}
		long hours = (minutes + 30) / 60;
		return (hours < 48) ? "in " + counted(hours, "hour") : "in " + counted((hours + 12) / 24, "day");
	}

	private static String counted(long count, String unit) {
		return (count == 1) ? "1 " + unit : "%d %ss".formatted(count, unit);
	}

	private static String sentence(String text) {
		String capital = StringUtils.capitalize(text);
		return (capital.endsWith(".") || capital.endsWith("!") || capital.endsWith("?")) ? capital : capital + ".";
	}

	/**
	 * A query may hold a key, and so may a user.
	 */
	private static String withoutSecrets(String url) {
		int query = url.indexOf('?');
		String path = (query >= 0) ? url.substring(0, query) + "?…" : url;
		return path.replaceFirst("//[^/@]*@", "//");
	}

	/**
	 * States as people see them.
	 */
	private enum State {

		CONNECTED("Connected"),

		FAILING("Renewal fails"),

		UNSAVED("Not saved"),

		BROKEN("Storage fails"),

		NEEDED("Login needed"),

		WAITING("Waiting for you"),

		ELSEWHERE("Login elsewhere"),

		NONE("Not connected");

		private final String label;

		State(String label) {
			this.label = label;
		}

		static State of(ServerConnection connection) {
			if (connection.login() != null) {
				return connection.own() ? WAITING : ELSEWHERE;
			}
			return switch (connection.status().state()) {
				case AUTHORIZED -> CONNECTED;
				case REFRESH_FAILING -> FAILING;
				case UNPERSISTED -> UNSAVED;
				case STORE_ERROR -> BROKEN;
				case LOGIN_REQUIRED -> connection.hasGrant() ? NEEDED : NONE;
			};
		}

	}

}
