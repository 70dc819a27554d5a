// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.util.Collection;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.web.ConnectionsPage;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * The client that the application is by its own document, which it serves at its https
 * address.
 *
 * @param url the address of the document, {@code null} if absent
 * @param keys file with its private keys, {@code null} for a public client
 * @param callback redirect URI of the connections page, {@code null} without it
 * @param name name shown on consent pages
 */
record OwnClient(@Nullable URI url, @Nullable Path keys, @Nullable URI callback, String name) {

	static OwnClient of(ConfigurationBlock block, McpOAuthWebProperties web, Environment environment) {
		URI external = web.externalUrl();
		URI url = web.clientMetadata() ? url(external) : null;
		Path keys = block.file("client-keys-location", web.clientKeysLocation());
		URI callback = (external != null && web.enabled()) ? URI.create(external + ConnectionsPage.PATH + "/callback")
				: null;
		String name = environment.getProperty("spring.application.name");
		return new OwnClient(url, keys, callback,
				StringUtils.hasText(name) ? name.strip() : OAuthSettings.DEFAULT_CLIENT_NAME);
	}

	/**
	 * Find the address of the document. No authorization server can fetch one by plain
	 * http or from this machine.
	 * @param external the address of the application, {@code null} if not set
	 * @return the address, {@code null} if absent
	 */
	static @Nullable URI url(@Nullable URI external) {
		boolean reachable = external != null && "https".equalsIgnoreCase(external.getScheme())
				&& external.getHost() != null && !UrlPolicy.isLoopback(external);
		return reachable ? URI.create(external + ClientMetadata.PATH) : null;
	}

	@Nullable SigningKey signingKey() {
		return (this.keys != null) ? new SigningKey(null, this.keys, null, null) : null;
	}

	/**
	 * Describe the client.
	 * @param servers all servers
	 * @return the client, with the values that its servers need
	 */
	ClientMetadata metadata(Collection<McpServer> servers) {
		return ClientMetadata.of(this.url, this.name, this.callback,
				servers.stream()
					.filter((server) -> server.oauth().clientId() == null && server.oauth().registration() == null
							&& server.oauth().grantType().needsUser())
					.toList(),
				this.keys);
	}

}
