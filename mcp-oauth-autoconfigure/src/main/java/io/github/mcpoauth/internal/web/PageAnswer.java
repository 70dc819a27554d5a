// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.http.HttpHeaders;

/**
 * The answer to a request for the page.
 *
 * @param status the HTTP status
 * @param headers the headers
 * @param body the body, may be empty
 */
record PageAnswer(int status, Map<String, String> headers, String body) {

	static final String REFERRER_POLICY = "Referrer-Policy";

	private static final Map<String, String> HEADERS = Map.of("Cache-Control", "no-store", "Content-Security-Policy",
			"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
					+ "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Frame-Options", "DENY", "X-Content-Type-Options", "nosniff", REFERRER_POLICY, "same-origin",
			"Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Resource-Policy", "same-origin");

	PageAnswer {
		headers = Map.copyOf(headers);
	}

	static PageAnswer page(int status, String html) {
		return new PageAnswer(status, HEADERS, html).with("Content-Type", "text/html;charset=UTF-8");
	}

	/**
	 * Send the browser on with a GET.
	 * @param location the address, relative to the request, so that it holds behind every
	 * proxy
	 * @return the answer
	 */
	static PageAnswer seeOther(String location) {
		return new PageAnswer(303, HEADERS, "").with("Location", location);
	}

	static PageAnswer asset(String type, String body) {
		return new PageAnswer(200, HEADERS, body).with("Content-Type", type)
			.with("Cache-Control", "private, max-age=3600")
			.withoutReferrer();
	}

	PageAnswer with(String name, String value) {
		Map<String, String> all = new LinkedHashMap<>(this.headers);
		all.put(name, value);
		return new PageAnswer(this.status, all, this.body);
	}

	PageAnswer withCookie(String cookie) {
		return with(HttpHeaders.SET_COOKIE, cookie);
	}

	/**
	 * Keep the address of the request from other sites: it may hold a code.
	 */
	PageAnswer withoutReferrer() {
		return with(REFERRER_POLICY, "no-referrer");
	}

	byte[] bytes() {
		return this.body.getBytes(StandardCharsets.UTF_8);
	}

	@Override
	public String toString() {
		return "PageAnswer[status=%d]".formatted(this.status);
	}

}
