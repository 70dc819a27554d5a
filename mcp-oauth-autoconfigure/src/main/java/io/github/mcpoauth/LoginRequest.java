// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;

import org.jspecify.annotations.Nullable;

/**
 * How a login is to be run.
 *
 * @param openBrowser whether to open a browser where there is one
 * @param redirectUri where the authorization server sends the browser back to when the
 * caller receives it itself, {@code null} to use the server's settings and the loopback
 * listener
 * @param deviceCode whether the person confirms a code on another device (RFC 8628), so
 * that no browser has to come back here. The redirect URI does not matter then
 */
public record LoginRequest(boolean openBrowser, @Nullable URI redirectUri, boolean deviceCode) {

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
	 * A login whose URL somebody else opens.
	 * @return the request
	 */
	public static LoginRequest withoutBrowser() {
		return new LoginRequest(false, null);
	}

	/**
	 * A login that a person confirms on another device.
	 * @return the request
	 */
	public static LoginRequest withDeviceCode() {
		return new LoginRequest(false, null, true);
	}

}
