// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ResponseCookie;

/**
 * Tells browsers apart by a cookie of the page's own, so that it needs no session of the
 * application, and recognizes the forms it gave to each.
 */
final class VisitorResolver {

	private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{43}");

	private static final String NAME = "mcp-connections";

	/**
	 * No other host, and no plain http, can set a cookie of that name.
	 */
	private static final String SECURE_NAME = "__Host-" + NAME;

	private static final String PURPOSE = "form";

	private final BrowserKeys keys;

	VisitorResolver(BrowserKeys keys) {
		this.keys = keys;
	}

	/**
	 * The visitor that sent a request.
	 * @param request the request
	 * @param base address of the application for browsers
	 * @return the visitor, {@code null} for a browser without our cookie
	 */
	@Nullable Visitor known(PageRequest request, URI base) {
		String browser = browser(request, base);
		return (browser != null) ? new Visitor(browser, request.user()) : null;
	}

	static @Nullable String browser(PageRequest request, URI base) {
		String value = request.cookies().get(name(base));
		return (value != null && VALUE.matcher(value).matches()) ? value : null;
	}

	static Visitor create(PageRequest request) {
		return new Visitor(BrowserKeys.random(32), request.user());
	}

	/**
	 * The cookie that makes a browser known. The authorization server sends the browser
	 * back from another site, so it must be {@code Lax}.
	 * @param visitor the visitor
	 * @param base address of the application for browsers
	 * @return value of the {@code Set-Cookie} header
	 */
	static String cookie(Visitor visitor, URI base) {
		String path = isSecure(base) ? "/" : base.getRawPath() + ConnectionsPage.PATH;
		return ResponseCookie.from(name(base), visitor.browser())
			.path(path)
			.secure(isSecure(base))
			.httpOnly(true)
			.sameSite("Lax")
			.build()
			.toString();
	}

	/**
	 * The token in the forms for a visitor.
	 * @param visitor the visitor
	 * @return the token
	 */
	String token(Visitor visitor) {
		return this.keys.proof(PURPOSE, visitor.browser(), visitor.user());
	}

	boolean gave(Visitor visitor, @Nullable String token) {
		return this.keys.isProof(PURPOSE, visitor.browser(), visitor.user(), token);
	}

	/**
	 * The owner of the logins that a visitor starts. It reveals nothing of the cookie.
	 * @param visitor the visitor
	 * @return the owner
	 */
	String owner(Visitor visitor) {
		return this.keys.proof("login", visitor.browser(), visitor.user());
	}

	private static String name(URI base) {
		return isSecure(base) ? SECURE_NAME : NAME;
	}

	private static boolean isSecure(URI base) {
		return "https".equalsIgnoreCase(base.getScheme());
	}

}
