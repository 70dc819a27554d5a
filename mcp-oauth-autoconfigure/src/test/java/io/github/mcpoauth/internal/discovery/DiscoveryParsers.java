// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.testing.ForeignParser;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class DiscoveryParsers {

	private static final URI SERVER = URI.create("https://mcp.example.com/mcp/a");

	private DiscoveryParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return List.of(new ForeignParser("resource identifier",
				List.of("https://mcp.example.com/mcp/", "https://MCP.example.com:443/mcp/a?b=c"), Set.of(),
				(text) -> ResourceIdentifiers.covers(text, SERVER)));
	}

}
