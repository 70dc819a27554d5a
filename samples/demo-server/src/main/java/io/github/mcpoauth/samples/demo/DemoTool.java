// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A tool of the MCP server, in either protocol.
 *
 * @param name the name of the tool
 * @param description what it does
 * @param schema the schema of its arguments
 * @param body makes a text of the arguments
 */
record DemoTool(String name, String description, Map<String, Object> schema,
		Function<Map<String, Object>, String> body) {

	/**
	 * Create a tool that needs all of its parameters.
	 * @param name the name of the tool
	 * @param description what it does
	 * @param parameters the types of its parameters by name
	 * @param body makes a text of the arguments
	 * @return the tool
	 */
	static DemoTool of(String name, String description, Map<String, String> parameters,
			Function<Map<String, Object>, String> body) {
		Map<String, Object> properties = new TreeMap<>();
		parameters.forEach((parameter, type) -> properties.put(parameter, Map.of("type", type)));
		return new DemoTool(name, description,
				Map.of("type", "object", "properties", properties, "required", List.copyOf(properties.keySet())), body);
	}

}
