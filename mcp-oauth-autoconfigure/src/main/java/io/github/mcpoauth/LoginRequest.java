/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
