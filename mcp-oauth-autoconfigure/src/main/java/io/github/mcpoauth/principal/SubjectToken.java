// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.principal;

import io.github.mcpoauth.Secret;

import org.springframework.util.Assert;

/**
 * A token that stands for the user that this application acts for (RFC 8693, section
 * 2.1).
 *
 * @param token the token
 * @param type its type, one of RFC 8693, section 3
 */
public record SubjectToken(Secret token, String type) {

	/**
	 * An access token.
	 */
	public static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

	/**
	 * An ID token of OpenID Connect.
	 */
	public static final String ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";

	public SubjectToken {
		Assert.hasText(type, "'type' must not be empty");
	}

	/**
	 * A user's access token.
	 * @param token the token
	 * @return the subject token
	 */
	public static SubjectToken accessToken(Secret token) {
		return new SubjectToken(token, ACCESS_TOKEN);
	}

	/**
	 * A user's ID token.
	 * @param token the token
	 * @return the subject token
	 */
	public static SubjectToken idToken(Secret token) {
		return new SubjectToken(token, ID_TOKEN);
	}

}
