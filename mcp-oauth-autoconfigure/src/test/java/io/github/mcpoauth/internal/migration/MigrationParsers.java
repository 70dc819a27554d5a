// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.GrantImportException;
import io.github.mcpoauth.testing.ForeignParser;

import org.springframework.util.FileSystemUtils;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class MigrationParsers {

	private static final List<McpServer> SERVERS = List
		.of(McpServer.of("github", URI.create("https://mcp.example.com/mcp")));

	private static final String GRANT = """
			{"access_token":"a","refresh_token":"r","expires_at":1893553445,"scope":"a","client_id":"c",
			"redirect_uris":["http://127.0.0.1:4711/callback"]}""";

	private MigrationParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return List.of(
				of("files of Hermes agent", new HermesStore(), GRANT, "mcp-tokens/github.json",
						"mcp-tokens/github.client.json", "mcp-tokens/github.meta.json"),
				of("configuration of Hermes agent", new HermesStore(),
						"""
								a: &a
								  url: https://mcp.example.com/mcp
								mcp_servers:
								  github: *a
								  "other one": {url: "https://other.example.com/\\u00e4", headers: [1, 2.5, 2001-01-01, !!binary YQ==]}
								""",
						"config.yaml"),
				of("files of mcp-remote", new McpRemoteStore(), GRANT, "mcp-remote-1/0123_tokens.json",
						"mcp-remote-1/0123_client_info.json"),
				of("file of Codex", new CodexStore(), """
						{"github|1":{"server_name":"github","server_url":"https://mcp.example.com/mcp","client_id":"c",
						"access_token":"a","refresh_token":"r","expires_at":1893553445000,"scopes":["a","b"]}}""",
						".credentials.json"));
	}

	private static ForeignParser of(String name, ForeignStore store, String sample, String... files) {
		return new ForeignParser(name, List.of(sample), Set.of(GrantImportException.class),
				(text) -> read(store, text, files));
	}

	private static List<ForeignLogin> read(ForeignStore store, String text, String... files) throws IOException {
		Path directory = Files.createTempDirectory("mcp-oauth-foreign");
		try {
			Files.createDirectories(directory.resolve("mcp-tokens"));
			for (String file : files) {
				Path path = directory.resolve(file);
				Files.createDirectories(path.resolveSibling("."));
				Files.write(path, ForeignParser.bytes(text));
			}
			return store.read(directory, SERVERS);
		}
		finally {
			FileSystemUtils.deleteRecursively(directory);
		}
	}

}
