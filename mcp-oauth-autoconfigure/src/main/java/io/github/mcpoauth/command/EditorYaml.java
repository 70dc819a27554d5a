// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.mcpoauth.internal.text.UntrustedText;

/**
 * Configuration of this library for the servers of an editor.
 *
 * @param lines the lines of a YAML document, empty without a server
 */
record EditorYaml(List<String> lines) {

	private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");

	private static final Pattern WORD = Pattern.compile("(?i)y|n|yes|no|on|off|true|false|null");

	private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z0-9_]+)(:[^}]*)?\\}");

	EditorYaml {
		lines = List.copyOf(lines);
	}

	static EditorYaml of(EditorConfiguration configuration) {
		List<String> entries = new ArrayList<>();
		for (EditorServer server : configuration.servers()) {
			if (server.outcome() == EditorServer.Usability.FOUND) {
				entries.add("    %s:".formatted(key(server.server())));
				add(entries, "      ", server.settings());
			}
		}
		if (entries.isEmpty()) {
			return new EditorYaml(List.of());
		}
		List<String> lines = new ArrayList<>();
		lines.add(comment("From " + UntrustedText.quote(configuration.file().toString())));
		for (String variable : variables(entries)) {
			String description = configuration.inputs().get(variable);
			lines.add(comment("Set the environment variable " + variable
					+ ((description != null) ? ": " + UntrustedText.quote(description) : "")));
		}
		lines.add("mcp:");
		lines.add("  servers:");
		lines.addAll(entries);
		return new EditorYaml(lines);
	}

	boolean isEmpty() {
		return this.lines.isEmpty();
	}

	private static void add(List<String> lines, String indent, Map<?, ?> settings) {
		settings.forEach((name, value) -> {
			String key = indent + key(String.valueOf(name)) + ":";
			if (value instanceof Map<?, ?> block) {
				lines.add(block.isEmpty() ? key + " {}" : key);
				add(lines, indent + "  ", block);
			}
			else {
				lines.add(key + " " + ((value instanceof Integer number) ? number : quoted(String.valueOf(value))));
			}
		});
	}

	/**
	 * A variable without a default has to be set.
	 */
	private static Set<String> variables(List<String> lines) {
		Set<String> variables = new LinkedHashSet<>();
		for (String line : lines) {
			Matcher variable = VARIABLE.matcher(line);
			while (variable.find()) {
				if (variable.group(2) == null) {
					variables.add(variable.group(1));
				}
			}
		}
		return variables;
	}

	/**
	 * Spring Boot drops other characters from a key that does not stand in brackets.
	 */
	private static String key(String name) {
		if (PLAIN.matcher(name).matches()) {
			return WORD.matcher(name).matches() ? quoted(name) : name;
		}
		return quoted("[" + name + "]");
	}

	private static String comment(String text) {
		return "# " + UntrustedText.printable(text).replace('\n', ' ');
	}

	private static String quoted(String text) {
		StringBuilder quoted = new StringBuilder("\"");
		text.codePoints().forEach((character) -> {
			if (character == '"' || character == '\\') {
				quoted.append('\\').appendCodePoint(character);
			}
			else if (character >= ' ' && character <= '~') {
				quoted.appendCodePoint(character);
			}
			else {
				quoted.append((character > 0xffff) ? "\\U%08x".formatted(character) : "\\u%04x".formatted(character));
			}
		});
		return quoted.append('"').toString();
	}

}
