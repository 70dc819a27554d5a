// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import org.springframework.web.util.HtmlUtils;

/**
 * A page for the user's browser. It repeats no code, loads and runs nothing, and is not
 * cached, so that a code cannot leak through it.
 *
 * @param status the HTTP status
 * @param html the page
 */
record CallbackPage(int status, String html) {

	private static final Map<String, String> HEADERS = Map.of("Content-Type", "text/html; charset=utf-8",
			"Cache-Control", "no-store", "Content-Security-Policy",
			"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", "Referrer-Policy",
			"no-referrer", "X-Content-Type-Options", "nosniff", "Connection", "close");

	private static final String HTML = """
			<!DOCTYPE html>
			<html lang="en">
			<head><meta charset="utf-8"><title>%1$s</title></head>
			<body><h1>%1$s</h1><p>%2$s</p></body>
			</html>
			""";

	/**
	 * The login ended well.
	 * @param server name of the MCP server
	 * @return the page
	 */
	static CallbackPage success(String server) {
		return page(200, "Logged in",
				"The agent may use MCP server '%s' now. You can close this window.".formatted(server));
	}

	/**
	 * The login ended without a grant.
	 * @param message the message of the failure
	 * @return the page
	 */
	static CallbackPage failure(String message) {
		return page(400, "Not logged in", message + ". You can close this window.");
	}

	/**
	 * There was a valid answer before.
	 * @return the page
	 */
	static CallbackPage late() {
		return page(409, "Answered already", "This login has had its answer. You can close this window.");
	}

	/**
	 * An error that no login can be matched with, because it has no state.
	 * @param error the error, quoted
	 * @return the page
	 */
	static CallbackPage unmatched(String error) {
		return page(400, "The authorization server reports an error", "The authorization server answered " + error
				+ " and did not say for which login. The login goes on waiting: try again in the browser, or cancel the login where it was started.");
	}

	/**
	 * A request that the login does not wait for.
	 * @return the page
	 */
	static CallbackPage notFound() {
		return page(404, "Not found", "No login waits for this answer.");
	}

	private static CallbackPage page(int status, String title, String text) {
		return new CallbackPage(status, HTML.formatted(HtmlUtils.htmlEscape(title), HtmlUtils.htmlEscape(text)));
	}

	Map<String, String> headers() {
		return HEADERS;
	}

	byte[] body() {
		return this.html.getBytes(StandardCharsets.UTF_8);
	}

}
