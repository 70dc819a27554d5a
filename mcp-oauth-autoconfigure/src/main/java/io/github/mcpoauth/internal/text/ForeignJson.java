// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.text;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON that a server or another program wrote. Numbers, names, nesting and the
 * number of values are bounded, so that the time is linear in the length of the text.
 */
public final class ForeignJson {

	/**
	 * The bounds. No OAuth answer or metadata document comes near them.
	 */
	public static final StreamReadConstraints BOUNDS = StreamReadConstraints.builder()
		.maxNestingDepth(50)
		.maxNumberLength(100)
		.maxNameLength(1000)
		.maxStringLength(1024 * 1024)
		.maxTokenCount(100_000)
		.build();

	private static final JsonMapper JSON = JsonMapper
		.builder(JsonFactory.builder().streamReadConstraints(BOUNDS).build())
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	private ForeignJson() {
	}

	/**
	 * Read a text.
	 * @param text the text, with or without a byte order mark
	 * @return a map, a list, a string, a number or a boolean; {@code null} for the JSON
	 * null and for a text that is not JSON or exceeds the bounds
	 */
	public static @Nullable Object read(String text) {
		try {
			return JSON.readValue(text.startsWith("\uFEFF") ? text.substring(1) : text, Object.class);
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	/**
	 * Read an object.
	 * @param text the text
	 * @return the members in their order, the last one counts where a name repeats;
	 * {@code null} if the text is not a JSON object or exceeds the bounds
	 */
	public static @Nullable Map<String, Object> object(String text) {
		return object(read(text));
	}

	/**
	 * Take a value for an object.
	 * @param value a value that was read
	 * @return the members, {@code null} if the value is not an object
	 */
	@SuppressWarnings("unchecked") // Jackson reads keys as strings
	public static @Nullable Map<String, Object> object(@Nullable Object value) {
		return (value instanceof Map<?, ?> members) ? (Map<String, Object>) members : null;
	}

}
