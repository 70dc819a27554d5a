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

package io.github.mcpoauth.springai;

import java.util.List;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.support.ToolUtils;

/**
 * The tools of all connections.
 *
 * @param connections the connections
 */
record AllTools(List<ConnectionTools> connections) implements Tools {

	AllTools {
		connections = List.copyOf(connections);
	}

	@Override
	public ToolCallback[] get() {
		List<ToolCallback> callbacks = this.connections.stream()
			.flatMap((connection) -> connection.get().stream())
			.toList();
		List<String> duplicates = ToolUtils.getDuplicateToolNames(callbacks);
		if (!duplicates.isEmpty()) {
			throw new IllegalStateException(
					"Several tools have the same name: %s. Declare a McpToolNamePrefixGenerator bean to tell them apart"
						.formatted(String.join(", ", duplicates)));
		}
		return callbacks.toArray(ToolCallback[]::new);
	}

	@Override
	public void invalidate() {
		this.connections.forEach(ConnectionTools::invalidate);
	}

}
