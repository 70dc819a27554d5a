// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ResponseCookie;

/**
 * Tells browsers apart by a cookie of the page's own, so that it needs no session of the
 * application, and knows the forms it gave to each.
 */
final class VisitorResolver {

	private static final int BYTES = 32;

	private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{43}");

	private static final String NAME = "mcp-connections";

	/**
	 * No other host, and no plain http, can set a cookie of that name.
	 */
	private static final String SECURE_NAME = "__Host-" + NAME;

	private final SecureRandom random = new SecureRandom();

	private final SecretKeySpec key = new SecretKeySpec(bytes(), "HmacSHA256");

	/**
	 * Who sent a request.
	 * @param request the request
	 * @param base address of the application for browsers
	 * @return the visitor, {@code null} for a browser without our cookie
	 */
	@Nullable Visitor known(PageRequest request, URI base) {
		String value = request.cookies().get(name(base));
		return (value != null && VALUE.matcher(value).matches()) ? new Visitor(value, request.user()) : null;
	}

	Visitor create(PageRequest request) {
		return new Visitor(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes()), request.user());
	}

	/**
	 * The cookie that makes a browser known. The authorization server sends the browser
	 * back from another site, so it must be {@code Lax}.
	 * @param visitor the visitor
	 * @param base address of the application for browsers
	 * @return value of the {@code Set-Cookie} header
	 */
	String cookie(Visitor visitor, URI base) {
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
	 * What the forms for a visitor carry. It says nothing to who knows the cookie only.
	 * @param visitor the visitor
	 * @return the token
	 */
	String token(Visitor visitor) {
		try {
			Mac mac = Mac.getInstance(this.key.getAlgorithm());
			mac.init(this.key);
			mac.update(visitor.browser().getBytes(StandardCharsets.US_ASCII));
			if (visitor.user() != null) {
				mac.update(visitor.user().getBytes(StandardCharsets.UTF_8));
			}
			return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has HmacSHA256", ex);
		}
	}

	boolean gave(Visitor visitor, @Nullable String token) {
		return token != null && MessageDigest.isEqual(token.getBytes(StandardCharsets.UTF_8),
				token(visitor).getBytes(StandardCharsets.UTF_8));
	}

	private static String name(URI base) {
		return isSecure(base) ? SECURE_NAME : NAME;
	}

	private static boolean isSecure(URI base) {
		return "https".equalsIgnoreCase(base.getScheme());
	}

	private byte[] bytes() {
		byte[] bytes = new byte[BYTES];
		this.random.nextBytes(bytes);
		return bytes;
	}

}
