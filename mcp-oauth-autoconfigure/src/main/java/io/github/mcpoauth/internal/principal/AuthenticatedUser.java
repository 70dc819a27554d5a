// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.principal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.ClaimAccessor;
import org.springframework.util.ClassUtils;

/**
 * Names the user of an {@link Authentication} so that no two users share a name. Requires
 * Spring Security.
 */
public final class AuthenticatedUser {

	private static final boolean CLAIMS_PRESENT = ClassUtils
		.isPresent("org.springframework.security.oauth2.core.ClaimAccessor", AuthenticatedUser.class.getClassLoader());

	/**
	 * As in {@link io.github.mcpoauth.GrantKey}.
	 */
	private static final int LONGEST = 256;

	private AuthenticatedUser() {
	}

	/**
	 * Whether an authentication stands for a user.
	 * @param authentication the authentication
	 * @return {@code false} if it is anonymous or not authenticated
	 */
	public static boolean isUser(Authentication authentication) {
		return authentication.isAuthenticated() && !(authentication instanceof AnonymousAuthenticationToken);
	}

	/**
	 * The name of a user. With OpenID Connect that is the issuer, a vertical bar and the
	 * subject, because a subject is unique for one issuer only. In the name of another
	 * user, or in an issuer, a bar and a percent sign are encoded as in a URL: otherwise
	 * a user could choose a name that is issuer and subject of another user.
	 * @param authentication the authentication
	 * @return the name, {@code null} if there is no user
	 */
	public static @Nullable String name(Authentication authentication) {
		if (!isUser(authentication)) {
			return null;
		}
		String name = CLAIMS_PRESENT ? Claims.name(authentication.getPrincipal()) : null;
		if (name == null) {
			String own = authentication.getName();
			name = (own != null && !own.isBlank()) ? encode(own) : null;
		}
		return (name == null || name.length() <= LONGEST) ? name : "%sha256:" + digest(name);
	}

	private static String encode(String name) {
		return name.replace("%", "%25").replace("|", "%7C");
	}

	private static String digest(String name) {
		try {
			return HexFormat.of()
				.formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Loaded only where the OAuth 2.0 classes of Spring Security are present.
	 */
	private static final class Claims {

		private Claims() {
		}

		static @Nullable String name(@Nullable Object principal) {
			if (!(principal instanceof ClaimAccessor claims)) {
				return null;
			}
			Object issuer = claims.getClaim("iss");
			Object subject = claims.getClaim("sub");
			return (issuer != null && subject instanceof String text && !text.isBlank())
					? encode(issuer.toString()) + "|" + text : null;
		}

	}

}
