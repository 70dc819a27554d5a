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
 * path. When not set, the page answers on this machine's loopback addresses only.
 * @param allowUnprotected Whether every client that reaches the page may use it, because
 * something other than Spring Security keeps strangers away.
 * @param homeUrl Address of the application's own start page, which the page links to: a
 * path below the application's address, or a URL. Empty for no link.
 * @param logoutUrl Address where users log out of the application, a path or a URL. Shown
 * to authenticated users. Empty for no link.
 * @param clientMetadata Whether the application identifies itself to authorization
 * servers by a client ID metadata document that it serves, where 'external-url' is https
 * and they support that.
 * @param clientKeysLocation File with the private keys of that client (JWK Set), made by
 * 'mcp client-metadata --new-key'. It is a public client when not set.
 */
@ConfigurationProperties("mcp.oauth.web")
record McpOAuthWebProperties(@DefaultValue("false") boolean enabled, @Nullable URI externalUrl,
		@DefaultValue("false") boolean allowUnprotected, @DefaultValue("/") String homeUrl,
		@DefaultValue("/logout") String logoutUrl, @DefaultValue("true") boolean clientMetadata,
		@Nullable String clientKeysLocation) {

}
