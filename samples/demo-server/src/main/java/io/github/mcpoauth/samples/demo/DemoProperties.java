// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the demo server behaves.
 *
 * @param accessTokenTtl Lifetime of an access token.
 * @param refreshTokenTtl Lifetime of a refresh token.
 * @param autoLogin Whether an authorization request is answered at once, as if a person
 * had logged in and consented.
 * @param reuseDetection Whether a refresh token that is used a second time revokes the
 * whole grant.
 * @param resources Further resource identifiers that tokens may be issued for, of MCP
 * servers elsewhere that introspect tokens here (RFC 7662).
 * @param jwkSetUrl Where the public keys of the client that authenticates with a
 * signature are. There is no such client when not set.
 * @param protocol Protocols that the MCP server speaks.
 * @param calendar Whether there is a tool that asks the user to log in to another
 * provider.
 */
@ConfigurationProperties("demo")
record DemoProperties(@DefaultValue("60s") Duration accessTokenTtl, @DefaultValue("30d") Duration refreshTokenTtl,
		@DefaultValue("false") boolean autoLogin, @DefaultValue("true") boolean reuseDetection,
		@DefaultValue List<String> resources, @Nullable URI jwkSetUrl, @DefaultValue("both") Protocol protocol,
		@DefaultValue("false") boolean calendar) {

	/**
	 * The protocol with sessions, the one of 2026-07-28 without, or both.
	 */
	enum Protocol {

		LEGACY, MODERN, BOTH

	}

}
