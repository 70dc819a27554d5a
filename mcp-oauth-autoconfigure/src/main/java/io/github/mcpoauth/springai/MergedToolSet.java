// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.support.ToolUtils;

/**
 * The tools of all connections.
 *
 * @param connections the connections
 */
record MergedToolSet(List<ConnectionToolSet> connections) implements ConnectionToolSet {

	MergedToolSet {
		connections = List.copyOf(connections);
	}

	@Override
	public List<ToolCallback> get() {
		List<ToolCallback> callbacks = this.connections.stream()
			.flatMap((connection) -> connection.get().stream())
			.toList();
		List<String> duplicates = ToolUtils.getDuplicateToolNames(callbacks);
		if (!duplicates.isEmpty()) {
			throw new IllegalStateException(
					"Several tools have the same name: %s. Declare a McpToolNamePrefixGenerator bean to tell them apart"
						.formatted(String.join(", ", duplicates)));
		}
		return callbacks;
	}

	@Override
	public void invalidate() {
		this.connections.forEach(ConnectionToolSet::invalidate);
	}

}
