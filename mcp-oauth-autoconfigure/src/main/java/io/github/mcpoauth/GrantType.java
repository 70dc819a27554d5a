// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth;

/**
 * How an access token is got (RFC 6749, section 1.3).
 */
public enum GrantType {

	/**
	 * A user logs in and consents (RFC 6749, section 4.1).
	 */
	AUTHORIZATION_CODE("authorization_code", true),

	/**
	 * The application acts for itself (RFC 6749, section 4.4).
	 */
	CLIENT_CREDENTIALS("client_credentials", false),

	/**
	 * An issuer that the authorization server trusts has signed the identity of the
	 * client (RFC 7523, section 2.1): the platform that the application runs on, or the
	 * identity provider of an enterprise.
	 */
	JWT_BEARER("urn:ietf:params:oauth:grant-type:jwt-bearer", false),

	/**
	 * The application acts for a user and presents the user's token (RFC 8693).
	 */
	TOKEN_EXCHANGE("urn:ietf:params:oauth:grant-type:token-exchange", false);

	private final String value;

	private final boolean needsUser;

	GrantType(String value, boolean needsUser) {
		this.value = value;
		this.needsUser = needsUser;
	}

	/**
	 * The value of the {@code grant_type} parameter.
	 * @return a name or a URN
	 */
	public String value() {
		return this.value;
	}

	/**
	 * Whether a user has to log in for the first token, and the ones after that come of a
	 * refresh token. Without one, each token is asked for anew.
	 * @return {@code true} if so
	 */
	public boolean needsUser() {
		return this.needsUser;
	}

}
