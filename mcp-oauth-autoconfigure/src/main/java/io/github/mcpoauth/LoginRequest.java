// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * Options of a login.
 *
 * @param openBrowser whether to open a browser where there is one
 * @param redirectUri where the authorization server sends the browser back to when the
 * caller receives it itself, {@code null} to use the server's settings and the loopback
 * listener
 * @param deviceCode whether the user confirms a code on another device (RFC 8628), so
 * that no browser has to come back here. The redirect URI is not used then
 * @param newClient whether to register a new client even if a registered one is stored.
 * An authorization server that has forgotten a client shows an error page in the browser
 * and tells this application nothing
 * @param owner a text that {@link Login#owner()} tells again, for example a digest of the
 * browser that the login belongs to, {@code null} for a login without an owner. A request
 * with an owner joins a login that another process began
 */
public record LoginRequest(boolean openBrowser, @Nullable URI redirectUri, boolean deviceCode, boolean newClient,
		@Nullable String owner) {

	/**
	 * A login without an owner.
	 * @param openBrowser whether to open a browser where there is one
	 * @param redirectUri where the browser is sent back to, {@code null} to use the
	 * server's settings and the loopback listener
	 * @param deviceCode whether the user confirms a code on another device
	 * @param newClient whether to register a new client
	 */
	public LoginRequest(boolean openBrowser, @Nullable URI redirectUri, boolean deviceCode, boolean newClient) {
		this(openBrowser, redirectUri, deviceCode, newClient, null);
	}

	/**
	 * A login that uses the stored client, if there is one.
	 * @param openBrowser whether to open a browser where there is one
	 * @param redirectUri where the browser is sent back to, {@code null} to use the
	 * server's settings and the loopback listener
	 * @param deviceCode whether the user confirms a code on another device
	 */
	public LoginRequest(boolean openBrowser, @Nullable URI redirectUri, boolean deviceCode) {
		this(openBrowser, redirectUri, deviceCode, false);
	}

	/**
	 * A login with an authorization code.
	 * @param openBrowser whether to open a browser where there is one
	 * @param redirectUri where the browser is sent back to, {@code null} to use the
	 * server's settings and the loopback listener
	 */
	public LoginRequest(boolean openBrowser, @Nullable URI redirectUri) {
		this(openBrowser, redirectUri, false);
	}

	/**
	 * A login on this machine, with a browser where there is one.
	 * @return the request
	 */
	public static LoginRequest interactive() {
		return new LoginRequest(true, null);
	}

	/**
	 * A login without a browser: the caller shows its URL to the user.
	 * @return the request
	 */
	public static LoginRequest withoutBrowser() {
		return new LoginRequest(false, null);
	}

	/**
	 * A login that the user confirms on another device.
	 * @return the request
	 */
	public static LoginRequest withDeviceCode() {
		return new LoginRequest(false, null, true);
	}

	/**
	 * Copy the request with a new client.
	 * @return a request that registers a new client. It does not join a login that runs,
	 * but cancels it
	 */
	public LoginRequest withNewClient() {
		return new LoginRequest(this.openBrowser, this.redirectUri, this.deviceCode, true, this.owner);
	}

	/**
	 * Copy the request with an owner.
	 * @param owner the owner
	 * @return a request for a login of that owner
	 */
	public LoginRequest withOwner(String owner) {
		return new LoginRequest(this.openBrowser, this.redirectUri, this.deviceCode, this.newClient, owner);
	}

}
