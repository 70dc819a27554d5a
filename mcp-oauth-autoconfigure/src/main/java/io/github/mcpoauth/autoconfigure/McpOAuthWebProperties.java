// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The connections page.
 *
 * @param enabled Whether the application serves a page at '/mcp/connections' on which
 * users connect and disconnect servers.
 * @param externalUrl Address of the application as browsers know it, with its context
 * path. Taken from the requests when not set.
 * @param allowUnprotected Whether every client that reaches the page from another machine
 * may use it, because something other than Spring Security keeps strangers away.
 */
@ConfigurationProperties("mcp.oauth.web")
record McpOAuthWebProperties(@DefaultValue("false") boolean enabled, @Nullable URI externalUrl,
		@DefaultValue("false") boolean allowUnprotected) {

}
