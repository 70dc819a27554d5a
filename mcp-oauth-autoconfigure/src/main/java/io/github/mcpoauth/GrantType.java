// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth;

/**
 * How an access token is got (RFC 6749, section 1.3).
 */
public enum GrantType {

	/**
	 * A person logs in and consents (RFC 6749, section 4.1).
	 */
	AUTHORIZATION_CODE("authorization_code", true),

	/**
	 * The application acts for itself (RFC 6749, section 4.4).
	 */
	CLIENT_CREDENTIALS("client_credentials", false),

	/**
	 * Somebody the authorization server trusts has signed who asks (RFC 7523, section
	 * 2.1): the platform that the application runs on, or the identity provider of an
	 * enterprise.
	 */
	JWT_BEARER("urn:ietf:params:oauth:grant-type:jwt-bearer", false),

	/**
	 * The application acts on behalf of a user whose token it was given (RFC 8693).
	 */
	TOKEN_EXCHANGE("urn:ietf:params:oauth:grant-type:token-exchange", false);

	private final String value;

	private final boolean needsPerson;

	GrantType(String value, boolean needsPerson) {
		this.value = value;
		this.needsPerson = needsPerson;
	}

	/**
	 * The value of the {@code grant_type} parameter.
	 * @return a name or a URN
	 */
	public String value() {
		return this.value;
	}

	/**
	 * Whether a person has to log in for the first token, and the ones after that come of
	 * a refresh token. Without one, each token is asked for anew.
	 * @return {@code true} if so
	 */
	public boolean needsPerson() {
		return this.needsPerson;
	}

}
