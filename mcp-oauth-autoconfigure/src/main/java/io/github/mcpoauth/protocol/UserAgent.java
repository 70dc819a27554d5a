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
package io.github.mcpoauth.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

import io.github.mcpoauth.McpServer;

/**
 * What requests call themselves. Some firewalls refuse a request that calls itself
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
