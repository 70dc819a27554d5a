// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ResponseCookie;

/**
 * The code that a browser has to enter where no user logs in to the application. It is
 * made at each start and written to the log of the application, as Jupyter does.
 * <p>
 * A browser that has entered it gets a second cookie, which is good for that browser and
 * this start.
 */
final class AccessCode {

	/**
	 * Cookies are shared by all ports of a machine, so the name has the port.
	 */
	private static final String COOKIE = "mcp-connections-code-";

	private static final String PURPOSE = "access code";

	private final BrowserKeys keys;

	private final String code = BrowserKeys.random(16);

	AccessCode(BrowserKeys keys) {
		this.keys = keys;
	}

	String value() {
		return this.code;
	}

	boolean matches(@Nullable String entered) {
		return entered != null && MessageDigest.isEqual(this.code.getBytes(StandardCharsets.UTF_8),
				entered.strip().getBytes(StandardCharsets.UTF_8));
	}

	boolean wasEntered(PageRequest request, URI base) {
		String browser = VisitorResolver.browser(request, base);
		return browser != null
				&& this.keys.isProof(PURPOSE, browser, null, request.cookies().get(COOKIE + base.getPort()));
	}

	/**
	 * The cookie of a browser that has entered the code. The authorization server sends
	 * the browser back from another site, so it must be {@code Lax}.
	 */
	String cookie(Visitor visitor, URI base) {
		return ResponseCookie.from(COOKIE + base.getPort(), this.keys.proof(PURPOSE, visitor.browser(), null))
			.path(base.getRawPath() + ConnectionsPage.PATH)
			.secure("https".equalsIgnoreCase(base.getScheme()))
			.httpOnly(true)
			.sameSite("Lax")
			.build()
			.toString();
	}

	@Override
	public String toString() {
		return "AccessCode[******]";
	}

}
