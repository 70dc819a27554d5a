// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

import io.github.mcpoauth.McpServer;

/**
 * The {@code User-Agent} of requests. Some firewalls refuse a request that calls itself
 * nothing.
 */
public final class UserAgent {

	private static final String DEFAULT = "mcp-oauth/" + version();

	private UserAgent() {
	}

	/**
	 * The {@code User-Agent} of requests on behalf of an MCP server.
	 * @param server the MCP server
	 * @return the one of its settings, else the name and version of this library
	 */
	public static String of(McpServer server) {
		String userAgent = server.oauth().userAgent();
		return (userAgent != null) ? userAgent : DEFAULT;
	}

	private static String version() {
		try (InputStream stream = UserAgent.class.getResourceAsStream("version.properties")) {
			Properties properties = new Properties();
			if (stream != null) {
				properties.load(stream);
			}
			return properties.getProperty("version", "unknown");
		}
		catch (IOException ex) {
			throw new IllegalStateException("The library cannot read its own version", ex);
		}
	}

}
