// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.testing.ForeignParser;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class CommandParsers {

	private CommandParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		return List.of(new ForeignParser("file of an editor",
				List.of("""
						{"mcpServers": {"linear": {"type": "http", "url": "https://mcp.example.com/${env:TENANT:-a}/mcp?key=abc",
						"headers": {"X-Key": "${input:key}"}, "oauth": {"clientId": "c", "scopes": ["a"]}},
						"files": {"command": "npx", "args": ["mcp-remote", "https://mcp.example.com/sse", "--header", "A: b"]}},
						"inputs": [{"id": "key", "description": "A key", "password": true}]}"""),
				Set.of(CommandException.class),
				(text) -> EditorYaml.of(EditorConfiguration.parse(Path.of("mcp.json"), ForeignParser.bytes(text)))));
	}

}
