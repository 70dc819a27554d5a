// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.StringUtils;

/**
 * The members of a JSON object from any writer. Reading a member takes it out, so that
 * the rest are the members to keep unchanged. {@code null} is the same as absent.
 */
public final class JsonMembers {

	/**
	 * The largest document that is read, in bytes.
	 */
	public static final int LARGEST = 1024 * 1024;

	private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {
	};

	private static final JsonMapper JSON = JsonMapper.builder()
		.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.enable(SerializationFeature.INDENT_OUTPUT)
		.build();

	/**
	 * The end of the year 9999. A later time was not meant as seconds.
	 */
	private static final BigDecimal LAST_SECOND = BigDecimal.valueOf(253_402_300_799L);

	private final Map<String, @Nullable Object> members;

	private JsonMembers(Map<String, @Nullable Object> members) {
		this.members = members;
	}

	/**
	 * Understand a document.
	 * @param content the document, in UTF-8
	 * @return its members
	 * @throws MalformedRecordException if it is not one JSON object, or too large
	 */
	public static JsonMembers parse(byte[] content) throws MalformedRecordException {
		if (content.length > LARGEST) {
			throw new MalformedRecordException("is larger than %d bytes".formatted(LARGEST));
		}
		if (content.length == 0) {
			throw new MalformedRecordException("is empty");
		}
		try {
			Map<String, @Nullable Object> members = JSON.readValue(content, OBJECT);
			if (members == null) {
				throw new MalformedRecordException("is not a JSON object");
			}
			return new JsonMembers(members);
		}
		catch (JacksonException ex) {
			throw new MalformedRecordException("is not a JSON object" + place(ex.getLocation()));
		}
	}

	/**
	 * Read members that were understood before, for example those of an object in a list.
	 * @param members the members, which stay as they are
	 * @return the members
	 */
	public static JsonMembers of(Map<String, ? extends @Nullable Object> members) {
		return new JsonMembers(new LinkedHashMap<>(members));
	}

	/**
	 * Write a document.
	 * @param members its members
	 * @return the document, in UTF-8
	 */
	public static byte[] render(Map<String, ? extends @Nullable Object> members) {
		return JSON.writeValueAsBytes(members);
	}

	/**
	 * Read a text.
	 * @param name the name of the member
	 * @return the text, {@code null} if it is absent or empty
	 * @throws MalformedRecordException if the member is something else
	 */
	public @Nullable String text(String name) throws MalformedRecordException {
		Object value = this.members.remove(name);
		if (value == null) {
			return null;
		}
		if (value instanceof String text) {
			return text.isEmpty() ? null : text;
		}
		throw unlike(name, "a string");
	}

	/**
	 * Read a text that is sent in a header: a token, or its type.
	 * @param name the name of the member
	 * @return the text, {@code null} if it is absent or empty
	 * @throws MalformedRecordException if the member is another value, or has characters
	 * that no header can hold. HTTP clients quote such a header in their exceptions
	 */
	public @Nullable String headerText(String name) throws MalformedRecordException {
		String text = text(name);
		if (text != null
				&& text.chars().anyMatch((character) -> Character.isISOControl(character) || character > 0xff)) {
			throw unlike(name, "a string without control characters and without characters above U+00FF");
		}
		return text;
	}

	/**
	 * Read a secret.
	 * @param name the name of the member
	 * @return the secret, {@code null} if it is absent or empty
	 * @throws MalformedRecordException if the member is something else
	 */
	public @Nullable Secret secret(String name) throws MalformedRecordException {
		String text = text(name);
		if (text == null) {
			return null;
		}
		if (text.chars().anyMatch(Character::isISOControl)) {
			throw unlike(name, "a string without control characters");
		}
		return Secret.of(text);
	}

	/**
	 * Read a URI.
	 * @param name the name of the member
	 * @return the URI, {@code null} if it is absent or empty
	 * @throws MalformedRecordException if the member is something else
	 */
	public @Nullable URI uri(String name) throws MalformedRecordException {
		String text = text(name);
		try {
			return (text != null) ? new URI(text) : null;
		}
		catch (URISyntaxException ex) {
			throw unlike(name, "a URI");
		}
	}

	/**
	 * Read words, be it as a list or as one text with spaces in between.
	 * @param name the name of the member
	 * @return the words in their order
	 * @throws MalformedRecordException if the member is neither
	 */
	public Set<String> words(String name) throws MalformedRecordException {
		Object value = this.members.remove(name);
		Set<String> words = new LinkedHashSet<>();
		if (value instanceof String text) {
			addWords(words, text);
		}
		else if (value instanceof List<?> list) {
			for (Object element : list) {
				if (!(element instanceof String text)) {
					throw unlike(name, "a list of strings");
				}
				// Two writers, two forms: an element may hold no word or several
				addWords(words, text);
			}
		}
		else if (value != null) {
			throw unlike(name, "a string or a list of strings");
		}
		return words;
	}

	private static void addWords(Set<String> words, String text) {
		words.addAll(Arrays.asList(StringUtils.tokenizeToStringArray(text, " \t\r\n")));
	}

	/**
	 * Read a truth value.
	 * @param name the name of the member
	 * @return the value, {@code false} if absent
	 * @throws MalformedRecordException if the member is something else
	 */
	public boolean flag(String name) throws MalformedRecordException {
		Object value = this.members.remove(name);
		if (value == null) {
			return false;
		}
		if (value instanceof Boolean flag) {
			return flag;
		}
		throw unlike(name, "true or false");
	}

	/**
	 * Read a number that is not negative.
	 * @param name the name of the member
	 * @return the number, 0 if absent
	 * @throws MalformedRecordException if the member is something else
	 */
	public long count(String name) throws MalformedRecordException {
		BigDecimal number = number(name);
		if (number == null) {
			return 0;
		}
		if (number.signum() < 0 || number.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
			throw unlike(name, "a number of 64 bits");
		}
		return number.longValue();
	}

	/**
	 * Read a point in time.
	 * @param name the name of the member
	 * @return the time, which may have a fraction of a second
	 * @throws MalformedRecordException if the member is no number of a reasonable size
	 */
	public @Nullable Instant instant(String name) throws MalformedRecordException {
		Duration sinceEpoch = seconds(name, "a time in seconds since 1970");
		return (sinceEpoch != null) ? Instant.EPOCH.plus(sinceEpoch) : null;
	}

	/**
	 * Read a span of time.
	 * @param name the name of the member
	 * @return as many seconds, which may have a fraction
	 * @throws MalformedRecordException if the member is no number of a reasonable size
	 */
	public @Nullable Duration duration(String name) throws MalformedRecordException {
		return seconds(name, "a number of seconds");
	}

	/**
	 * The members that have not been read.
	 * @return names and values
	 */
	public Map<String, Object> rest() {
		Map<String, Object> rest = new LinkedHashMap<>();
		this.members.forEach((name, value) -> {
			if (value != null) {
				rest.put(name, value);
			}
		});
		return rest;
	}

	/**
	 * Seconds since the epoch as they are written.
	 * @param instant the point in time
	 * @return a whole number where possible
	 */
	public static Number seconds(Instant instant) {
		if (instant.getNano() == 0) {
			return instant.getEpochSecond();
		}
		return BigDecimal.valueOf(instant.getEpochSecond())
			.add(BigDecimal.valueOf(instant.getNano(), 9))
			.stripTrailingZeros();
	}

	private @Nullable Duration seconds(String name, String wanted) throws MalformedRecordException {
		BigDecimal number = number(name);
		if (number == null) {
			return null;
		}
		if (number.abs().compareTo(LAST_SECOND) > 0) {
			throw unlike(name, wanted);
		}
		BigDecimal whole = number.setScale(0, RoundingMode.FLOOR);
		int nanos = number.subtract(whole).movePointRight(9).intValue();
		return Duration.ofSeconds(whole.longValue(), nanos);
	}

	private @Nullable BigDecimal number(String name) throws MalformedRecordException {
		Object value = this.members.remove(name);
		if (value == null) {
			return null;
		}
		try {
			if (value instanceof Number || (value instanceof String text && text.length() < 100)) {
				BigDecimal number = new BigDecimal(value.toString().strip());
				if (Math.abs((long) number.scale()) <= 1000) {
					return number;
				}
			}
		}
		catch (NumberFormatException ex) {
			// Said below
		}
		throw unlike(name, "a number");
	}

	private static MalformedRecordException unlike(String name, String wanted) {
		return new MalformedRecordException("has a member '%s' that is not %s".formatted(name, wanted));
	}

	private static String place(@Nullable TokenStreamLocation location) {
		if (location == null || location.getLineNr() < 1) {
			return "";
		}
		return " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
	}

}
