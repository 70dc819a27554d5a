// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The pages, as markup.
 */
final class Template {

	private final Assets assets;

	Template(Assets assets) {
		this.assets = assets;
	}

	/**
	 * All servers.
	 * @param connections the servers
	 * @param outcome what has just been done, {@code null} for nothing
	 * @param redirectUri where authorization servers send browsers
	 * @param user who looks at it, {@code null} for anybody
	 * @param fields the hidden fields of every form
	 * @param now the instant
	 * @return the page
	 */
	Html connections(List<ServerConnection> connections, @Nullable LoginOutcome outcome, URI redirectUri,
			@Nullable String user, Html fields, Instant now) {
		Html who = (user != null) ? Html.of("<p class=\"user\">Logged in as <strong><bdi>{}</bdi></strong></p>", user)
				: Html.nothing();
		return page("Connections", "connections/", Html
			.of("<script src=\"connections/{}\" defer></script>", this.assets.address(Assets.SCRIPT)), Html.of("""
					<header>
					<h1>Connections</h1>
					<p>The servers this application can use for you. It keeps a token for each one you connect, \
					and sends it to that server only.</p>
					{}
					</header>
					<main id="main">
					{}
					<p class="hidden" id="news" role="status"></p>
					<p class="notice failed" id="stale" role="alert" hidden>This page is out of date: the \
					application does not answer, or you have been logged out. <a href="connections">Reload it</a></p>
					<div id="servers">
					{}
					</div>
					</main>
					<footer>
					<details><summary>For a client that you register by hand</summary>
					<p>Its redirect URI is <code>{}</code></p></details>
					</footer>
					""", who, outcome(outcome), servers(connections, fields, now), redirectUri));
	}

	/**
	 * The part of the page that changes.
	 * @param connections the servers
	 * @param fields the hidden fields of every form
	 * @param now the instant
	 * @return the list
	 */
	Html servers(List<ServerConnection> connections, Html fields, Instant now) {
		if (connections.isEmpty()) {
			return Html.of("""
					<p class="notice">No server wants a login. One that does is configured below \
					<code>mcp.servers</code>.</p>""");
		}
		return Html.of("<ul class=\"servers\" aria-label=\"Servers\">{}</ul>",
				Html.join(connections.stream()
					.map((connection) -> new ServerCard(connection, now).render("connections", fields))
					.toList()));
	}

	private static Html outcome(@Nullable LoginOutcome outcome) {
		if (outcome == null) {
			return Html.nothing();
		}
		boolean failed = outcome.kind() == LoginOutcome.Kind.FAILED;
		String style = switch (outcome.kind()) {
			case DONE -> "done";
			case NOTE -> "note";
			case FAILED -> "failed";
		};
		return Html.of("<div class=\"notice {}\" id=\"outcome\" role=\"{}\" tabindex=\"-1\"><h2>{}</h2><p>{}</p></div>",
				style, failed ? "alert" : "status", outcome.title(), outcome.text());
	}

	/**
	 * The way to the authorization server. The browser goes on by itself; a redirect
	 * would be held back by our own policy for forms.
	 * @param flow the login
	 * @param url where the person has to go
	 * @param fields the hidden fields of every form
	 * @return the page
	 */
	Html login(PendingLogin flow, URI url, Html fields) {
		String host = url.getRawAuthority();
		return page("Log in at " + host, "", Html.of("<meta http-equiv=\"refresh\" content=\"0; url={}\">", url),
				Html.of("""
						<main id="main" class="message">
						<h1>On to <bdi>{}</bdi></h1>
						<p>That is where you decide what this application may do at <strong><bdi>{}</bdi></strong>. \
						Check that the address is right before you enter a password.</p>
						<div class="actions">
						<a class="button primary" rel="noreferrer" href="{}">Continue</a>
						<form method="post" action="cancel">{}\
						<input type="hidden" name="server" value="{}"><input type="hidden" name="flow" value="{}">\
						<button class="button">Cancel</button></form>
						</div>
						</main>
						""", host, flow.key().server(), url, fields, flow.key().server(), flow.login().id()));
	}

	/**
	 * Something to read, and the way back.
	 * @param title the short of it
	 * @param text a sentence or two
	 * @param back where the way back leads
	 * @return the page
	 */
	Html message(String title, String text, String back) {
		return page(title, "", Html.nothing(), Html.of("""
				<main id="main" class="message">
				<h1>{}</h1>
				<p>{}</p>
				<div class="actions"><a class="button primary" href="{}">Go to the connections</a></div>
				</main>
				""", title, text, back));
	}

	private Html page(String title, String root, Html head, Html body) {
		return Html.of("""
				<!DOCTYPE html>
				<html lang="en">
				<head>
				<meta charset="utf-8">
				<meta name="viewport" content="width=device-width, initial-scale=1">
				<meta name="color-scheme" content="light dark">
				<title>{}</title>
				<link rel="stylesheet" href="{}{}">
				<link rel="icon" type="image/svg+xml" href="{}{}">
				{}
				</head>
				<body>
				<a class="skip" href="#main">Skip to the content</a>
				{}
				</body>
				</html>
				""", title, root, this.assets.address(Assets.STYLE), root, this.assets.address(Assets.ICON), head,
				body);
	}

}
