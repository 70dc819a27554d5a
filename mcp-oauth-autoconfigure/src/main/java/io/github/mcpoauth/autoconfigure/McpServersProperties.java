// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The MCP servers that this application calls.
 *
 * @param servers MCP servers by name. Commands, files and messages use the name.
 */
@ConfigurationProperties("mcp")
record McpServersProperties(@DefaultValue Map<String, Server> servers) {

	McpServersProperties {
		servers = Collections.unmodifiableMap(new LinkedHashMap<>(servers));
	}

	/**
	 * One MCP server.
	 *
	 * @param url Address of the MCP endpoint, http or https. That of the Spring AI
	 * connection of the same name, below
	 * 'spring.ai.mcp.client.streamable-http.connections', when not set.
	 * @param headers Headers that a gateway in front of the server demands on every
	 * request to the server's origin, OAuth requests included. Their values are masked.
	 * @param protocol Protocol of the server for McpSessions: 'legacy' up to 2025-11-25,
	 * 'modern' from 2026-07-28, 'auto' to ask the server.
	 * @param oauth OAuth settings. 'true', an empty block or no block at all mean the
	 * defaults, 'false' turns OAuth off for this server.
	 */
	@ConfigurationPropertiesSource
	record Server(@Nullable String url, @DefaultValue Map<String, Secret> headers,
			@DefaultValue("auto") McpServer.Protocol protocol,
			@NestedConfigurationProperty @Nullable OAuthProperties oauth) {

		Server {
			headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
		}

		/**
		 * Converts a name without a block, or with a plain value in its place, until the
		 * mapper has looked at it more closely.
		 * @param text the text
		 * @return a server without settings
		 */
		public static Server valueOf(String text) {
			return new Server(null, Map.of(), McpServer.Protocol.AUTO, null);
		}

	}

}
