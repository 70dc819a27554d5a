// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Reads members of a metadata document. A member of another type than expected counts as
 * left out, because one wrong member among thirty must not cost the other twenty-nine.
 */
final class Members {

	private Members() {
	}

	static @Nullable String text(Map<String, Object> members, String name) {
		return (members.get(name) instanceof String text && !text.isBlank()) ? text : null;
	}

	static @Nullable URI uri(Map<String, Object> members, String name) {
		String text = text(members, name);
		if (text == null) {
			return null;
		}
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	/**
	 * A list of texts, or the words of a single text.
	 */
	static List<String> texts(Map<String, Object> members, String name) {
		Object value = members.get(name);
		if (value instanceof Collection<?> values) {
			List<String> texts = new ArrayList<>();
			for (Object element : values) {
				if (element instanceof String text && !text.isBlank()) {
					texts.add(text);
				}
			}
			return Collections.unmodifiableList(texts);
		}
		String text = text(members, name);
		return (text != null) ? Arrays.asList(text.strip().split("\\s+")) : List.of();
	}

	/**
	 * A number of seconds, also one that is written as text.
	 * @return at least a second and at most the longest {@code Duration} allowed,
	 * {@code null} for anything else
	 */
	static @Nullable Duration seconds(Map<String, Object> members, String name) {
		Object value = members.get(name);
		double seconds = Double.NaN;
		if (value instanceof Number number) {
			seconds = number.doubleValue();
		}
		else if (value instanceof String text) {
			try {
				seconds = Double.parseDouble(text.strip());
			}
			catch (NumberFormatException ex) {
				// Counts as left out
			}
		}
		return (seconds >= 1) ? Duration.ofSeconds((long) Math.min(seconds, Integer.MAX_VALUE)) : null;
	}

	static boolean flag(Map<String, Object> members, String name) {
		Object value = members.get(name);
		return Boolean.TRUE.equals(value) || "true".equals(value);
	}

}
