// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.DigestUtils;

/**
 * The files that the page loads, and the templates beside them.
 */
final class Assets {

	static final String STYLE = "connections.css";

	/**
	 * A style sheet of the application, which comes behind ours.
	 */
	static final String OWN_STYLE = "mcp-oauth/connections.css";

	static final String SCRIPT = "connections.js";

	static final String ICON = "connections.svg";

	private static final Map<String, String> TYPES = Map.of(STYLE, "text/css;charset=UTF-8", SCRIPT,
			"text/javascript;charset=UTF-8", ICON, "image/svg+xml");

	private final Map<String, PageAnswer> answers = new LinkedHashMap<>();

	private final Map<String, String> addresses = new LinkedHashMap<>();

	Assets() {
		TYPES.forEach((name, type) -> {
			String content = STYLE.equals(name) ? read(name) + ownStyle() : read(name);
			this.answers.put(name, PageAnswer.asset(type, content));
			this.addresses.put(name, name + "?v="
					+ DigestUtils.md5DigestAsHex(content.getBytes(StandardCharsets.UTF_8)).substring(0, 8));
		});
	}

	/**
	 * Read a file of ours.
	 * @param name name of the file
	 * @return its content
	 */
	static String read(String name) {
		return read(Assets.class.getResourceAsStream(name), name);
	}

	private static String ownStyle() {
		InputStream stream = Assets.class.getClassLoader().getResourceAsStream(OWN_STYLE);
		return (stream != null) ? '\n' + read(stream, OWN_STYLE) : "";
	}

	private static String read(@Nullable InputStream resource, String name) {
		try (InputStream stream = resource) {
			Assert.state(stream != null, () -> "There is no resource '%s'".formatted(name));
			return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	Map<String, PageAnswer> answers() {
		return this.answers;
	}

	/**
	 * The address of a file, with a digest so that a browser notices a new one.
	 * @param name name of the file
	 * @return the address, relative to the page
	 */
	String address(String name) {
		return String.valueOf(this.addresses.get(name));
	}

}
