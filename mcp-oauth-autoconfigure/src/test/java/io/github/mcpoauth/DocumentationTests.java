// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that what {@code docs} say is what there is.
 */
class DocumentationTests {

	private static final Path DOCS = Path.of("../docs");

	private static final Path SOURCES = Path.of("src/main/java");

	private static final Pattern ROW = Pattern.compile("^\\| `((?:mcp|management)\\.[^`]+)` \\| ([^|]*) \\|.*");

	private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#([^)]+))?\\)");

	private static final Pattern MESSAGE = Pattern.compile("^### `(.+)`$");

	@Test
	void configurationNamesAllPropertiesThereAreWithTheirDefaultsAndNoOther() throws IOException {
		Map<String, String> documented = new TreeMap<>();
		for (String line : Files.readAllLines(DOCS.resolve("configuration.md"))) {
			Matcher row = ROW.matcher(line);
			if (row.matches()) {
				assertThat(documented.put(row.group(1), row.group(2).replace("`", ""))).as(row.group(1)).isNull();
			}
		}
		Map<String, String> known = new TreeMap<>(read("META-INF/spring-configuration-metadata.json", ""));
		known.remove("mcp.servers");
		known.putAll(read("META-INF/spring/configuration-metadata/"
				+ "io.github.mcpoauth.autoconfigure.McpServersProperties$Server.json", "mcp.servers.<name>."));
		assertThat(documented.keySet())
			.as("properties in docs/configuration.md, which needs a row for each property there is")
			.containsExactlyInAnyOrderElementsOf(known.keySet());
		known.forEach((name, value) -> {
			if (!value.isEmpty()) {
				assertThat(documented.get(name)).as("default of %s in docs/configuration.md", name).isEqualTo(value);
			}
		});
	}

	@Test
	void messagesOfTroubleshootingAreThoseOfTheCode() throws IOException {
		String code = code();
		List<String> missing = new ArrayList<>();
		int messages = 0;
		for (String line : Files.readAllLines(DOCS.resolve("troubleshooting.md"))) {
			Matcher message = MESSAGE.matcher(line);
			if (message.matches()) {
				messages++;
				for (String part : message.group(1).split("\u2026")) {
					if (!part.isBlank() && !code.contains(part.strip())) {
						missing.add(part.strip());
					}
				}
			}
		}
		assertThat(messages).isGreaterThan(10);
		assertThat(missing).as("parts of messages that no code has").isEmpty();
	}

	@Test
	@DisplayName("Every kind of failure has a row, with its HTTP status")
	void troubleshootingNamesEachKindOfFailure() throws IOException {
		List<String> lines = Files.readAllLines(DOCS.resolve("troubleshooting.md"));
		assertThat(McpOAuthException.Kind.values()).allSatisfy((kind) -> assertThat(lines).anyMatch((line) -> line
			.startsWith("| `%s` | %d |".formatted(kind.name().toLowerCase(Locale.ROOT), kind.status().value()))));
	}

	@ParameterizedTest
	@DisplayName("Every warning, problem of the configuration and failure is in docs/troubleshooting.md")
	@ValueSource(strings = { "\\.warn\\(", "\\bproblem\\(", "problems\\.add\\(", "new McpCallException\\(",
			"new McpOAuthException\\(", "new TokenStoreException\\(", "new (?:Refused)?LoginException\\(",
			"LoginFailures\\.failure\\(", "\\bfailure\\(server,", "new UnusableException\\(",
			"UnusableException\\.otherIssuer\\(" })
	void troubleshootingNamesEachMessage(String call) throws IOException {
		String page = Files.readString(DOCS.resolve("troubleshooting.md")).replace("`", "").replaceAll("\\s+", " ");
		List<String> missing = new ArrayList<>();
		int messages = 0;
		Matcher calls = Pattern.compile(call).matcher(code());
		while (calls.find()) {
			String fixed = firstMessage(code(), calls.end());
			if (fixed != null) {
				messages++;
				if (!page.contains(fixed)) {
					missing.add(fixed);
				}
			}
		}
		assertThat(messages).isPositive();
		assertThat(missing).as("messages without a line in docs/troubleshooting.md").isEmpty();
	}

	/**
	 * What the first text with a sentence in the arguments of a call always says.
	 */
	private static @Nullable String firstMessage(String code, int start) {
		int depth = 1;
		for (int i = start; depth > 0; i++) {
			char character = code.charAt(i);
			if (character == '"') {
				boolean block = code.startsWith("\"\"\"", i);
				int from = i + (block ? 3 : 1);
				int to = block ? code.indexOf("\"\"\"", from) : endOfText(code, from);
				String fixed = fixedPart(code.substring(from, to));
				if (fixed != null) {
					return fixed;
				}
				i = to + (block ? 2 : 0);
			}
			else if (character == '\'') {
				i = code.indexOf('\'', i + 2);
			}
			depth += (character == '(') ? 1 : (character == ')') ? -1 : 0;
		}
		return null;
	}

	/**
	 * The longest fixed part of the first sentence that has one.
	 */
	private static @Nullable String fixedPart(String text) {
		for (String sentence : text.replace("`", "").replaceAll("\\s+", " ").split("\\. |: |; ")) {
			String fixed = Arrays.stream(sentence.split("%(?:\\d\\$)?[sd]|\\{}"))
				.map(String::strip)
				.max(Comparator.comparingInt(String::length))
				.orElse("");
			if (fixed.length() > 11 && fixed.contains(" ") && !fixed.startsWith(".")
					&& !fixed.startsWith("System Environment")) {
				return fixed;
			}
		}
		return null;
	}

	private static int endOfText(String code, int from) {
		int end = from;
		while (code.charAt(end) != '"') {
			end += (code.charAt(end) == '\\') ? 2 : 1;
		}
		return end;
	}

	@Test
	@DisplayName("No message shows the class of a failure, except of an application's bean and of an error in this library")
	void messagesShowNoClassOfAFailure() throws IOException {
		Pattern shown = Pattern
			.compile("(?:ex|failure|cause|thrown)\\.getClass\\(\\)\\.get(?:Simple)?Name\\(\\)(?!\\.)");
		List<String> files;
		try (Stream<Path> sources = Files.walk(SOURCES)) {
			files = sources.filter((file) -> file.toString().endsWith(".java"))
				.filter((file) -> shown.matcher(text(file).replaceAll("\"\\.equals\\([^\\n]*", "")).find())
				.map((file) -> file.getFileName().toString())
				.toList();
		}
		assertThat(files).containsExactlyInAnyOrder("PrincipalPolicy.java", "GrantCredentialFactory.java",
				"Failure.java");
		assertThat(code()).doesNotContain("which says nothing\"");
	}

	@Test
	void linksLeadSomewhere() throws IOException {
		List<String> broken = new ArrayList<>();
		try (Stream<Path> files = Files.list(DOCS)) {
			List<Path> pages = new ArrayList<>(files.filter((file) -> file.toString().endsWith(".md")).toList());
			pages.add(Path.of("../README.md"));
			for (Path page : pages) {
				Matcher link = LINK.matcher(Files.readString(page));
				while (link.find()) {
					Path target = page.resolveSibling(link.group(1));
					if (!Files.exists(target) || (link.group(2) != null && !anchors(target).contains(link.group(2)))) {
						broken.add(page + ": " + link.group());
					}
				}
			}
		}
		assertThat(broken).isEmpty();
	}

	private static List<String> anchors(Path page) throws IOException {
		return Files.readAllLines(page)
			.stream()
			.filter((line) -> line.startsWith("#"))
			.map((line) -> line.replaceFirst("#+ ", "")
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^a-z0-9 -]", "")
				.replace(' ', '-'))
			.toList();
	}

	/**
	 * All code, with texts that go over several lines put together and without the places
	 * where something is filled in.
	 */
	private static String code() throws IOException {
		try (Stream<Path> files = Files.walk(SOURCES)) {
			String all = files.filter((file) -> file.toString().endsWith(".java"))
				.map(DocumentationTests::text)
				.collect(Collectors.joining("\n"));
			return all.replaceAll("\"\\s*\\+\\s*\"", "")
				.replaceAll("\\\\\\R\\s*", "")
				.replace("\\\"", "\"")
				.replace("%%", "%");
		}
	}

	private static String text(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Map<String, String> read(String resource, String prefix) throws IOException {
		Map<String, String> properties = new LinkedHashMap<>();
		try (InputStream stream = DocumentationTests.class.getClassLoader().getResourceAsStream(resource)) {
			assertThat(stream).as(resource).isNotNull();
			for (JsonNode property : JsonMapper.shared().readTree(stream).path("properties")) {
				properties.put(prefix + property.path("name").asString(), property.path("defaultValue").asString(""));
			}
		}
		return properties;
	}

}
