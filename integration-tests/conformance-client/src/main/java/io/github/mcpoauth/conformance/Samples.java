// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.conformance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values for a JSON schema of an object: the defaults it names, and else any value of the
 * type.
 */
final class Samples {

	private static final Map<String, Object> VALUES = Map.of("string", "text", "number", 2.5, "integer", 2, "boolean",
			true, "array", List.of(), "object", Map.of());

	private Samples() {
	}

	static Map<String, Object> of(Map<String, Object> schema) {
		Map<String, Object> values = new LinkedHashMap<>();
		JsonNode properties = JsonMapper.shared().valueToTree(schema).path("properties");
		properties.forEachEntry((name, property) -> values.put(name, property.has("default") ? property.get("default")
				: VALUES.get(property.path("type").asString("string"))));
		return values;
	}

}
