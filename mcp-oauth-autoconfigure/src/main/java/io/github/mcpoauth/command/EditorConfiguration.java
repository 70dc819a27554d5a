// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file with MCP servers as editors share it: {@code mcpServers} of Claude, Cursor and
 * others, or {@code servers} of VS Code.
 *
 * @param file the file
 * @param servers the entries, usable or not
 * @param inputs the values that VS Code asks the user for, by the name of the variable
 * that stands for it here: a description
 */
record EditorConfiguration(Path file, List<EditorServer> servers, Map<String, String> inputs) {

	/**
	 * The largest file that is read, in bytes.
	 */
	static final int LARGEST = 1024 * 1024;

	private static final int DEEPEST = 64;

	private static final int LONGEST_NAME = 100;

	private static final List<String> USUAL = List.of("mcp.json", ".mcp.json", ".vscode/mcp.json", ".cursor/mcp.json");

	private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {
	};

	/**
	 * Editors allow comments and a comma after the last member.
	 */
	private static final JsonMapper JSON = JsonMapper
		.builder(JsonFactory.builder()
			.streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
			.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
			.enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
			.enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
			.build())
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	/**
	 * Read a file.
	 * @param path the file, {@code null} for the first one of the usual names below the
	 * working directory
	 * @return its servers
	 * @throws CommandException if there is no such file, or it cannot be understood
	 */
	static EditorConfiguration read(@Nullable Path path) {
		Path file = (path != null) ? path : usual();
		return parse(file, content(file));
	}

	private static Path usual() {
		return USUAL.stream()
			.map(Path::of)
			.filter(Files::isRegularFile)
			.findFirst()
			.orElseThrow(() -> new CommandException(ExitCode.FAILED,
					"There is none of the files %s here. Name the file, for example with 'mcp import --from=mcp.json ~/.cursor/mcp.json'"
						.formatted(String.join(", ", USUAL))));
	}

	private static byte[] content(Path file) {
		try (InputStream in = Files.newInputStream(file)) {
			// Not its size: a device or pipe has none
			byte[] content = in.readNBytes(LARGEST + 1);
			if (content.length > LARGEST) {
				throw failure(file, "is larger than %d bytes".formatted(LARGEST));
			}
			return content;
		}
		catch (NoSuchFileException ex) {
			throw new CommandException(ExitCode.FAILED,
					"There is no file %s".formatted(UntrustedText.quote(file.toString())));
		}
		catch (IOException ex) {
			throw failure(file, Files.isDirectory(file) ? "is a directory"
					: "cannot be read: %s".formatted(FileFailure.reason(ex)));
		}
	}

	/**
	 * Understand a file.
	 * @param file its name, for messages
	 * @param content its content
	 * @return its servers
	 * @throws CommandException if it cannot be understood
	 */
	static EditorConfiguration parse(Path file, byte[] content) {
		Map<String, @Nullable Object> members = members(file, content);
		Map<?, ?> servers = servers(file, members);
		List<EditorServer> found = new ArrayList<>();
		Set<String> taken = new HashSet<>();
		servers.forEach((name, entry) -> found
			.add(new EditorServerReader(String.valueOf(name), unique(String.valueOf(name), taken)).read(entry)));
		return new EditorConfiguration(file, List.copyOf(found), inputs(members.get("inputs")));
	}

	private static Map<String, @Nullable Object> members(Path file, byte[] content) {
		try {
			Map<String, @Nullable Object> members = JSON.readValue(content, OBJECT);
			if (members != null) {
				return members;
			}
		}
		catch (StreamConstraintsException ex) {
			throw failure(file, "is nested deeper than %d levels, or has a name or value that is too long%s"
				.formatted(DEEPEST, place(ex.getLocation())));
		}
		catch (JacksonException ex) {
			// Without its message, which may repeat a secret of the file
			boolean twice = String.valueOf(ex.getOriginalMessage()).startsWith("Duplicate");
			throw failure(file, (twice ? "names a member twice" : "is not a JSON object") + place(ex.getLocation()));
		}
		throw failure(file, "is not a JSON object");
	}

	private static Map<?, ?> servers(Path file, Map<String, @Nullable Object> members) {
		Object settings = members.get("mcp");
		for (Object servers : new @Nullable Object[] { members.get("mcpServers"), members.get("servers"),
				(settings instanceof Map<?, ?> mcp) ? mcp.get("servers") : null }) {
			if (servers instanceof Map<?, ?> found) {
				return found;
			}
			if (servers != null) {
				throw failure(file, "has servers that are not a JSON object");
			}
		}
		throw failure(file, "has neither 'mcpServers' nor 'servers'");
	}

	/**
	 * A name that can stand in the configuration, and that does not read as another one:
	 * case, dashes and underscores do not count there.
	 */
	private static String unique(String name, Set<String> taken) {
		String clean = name.replaceAll("[\\p{Cntrl}\\p{Cf}/\\[\\]]", "-").strip();
		String usable = clean.isEmpty() ? "server" : clean.substring(0, Math.min(clean.length(), LONGEST_NAME)).strip();
		String candidate = usable;
		for (int i = 2; !taken.add(candidate.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "")); i++) {
			candidate = usable + "-" + i;
		}
		return candidate;
	}

	private static Map<String, String> inputs(@Nullable Object inputs) {
		Map<String, String> described = new LinkedHashMap<>();
		if (inputs instanceof List<?> list) {
			for (Object input : list) {
				if (input instanceof Map<?, ?> members && members.get("id") instanceof String id
						&& members.get("description") instanceof String description) {
					described.put(EditorText.variable(id), description);
				}
			}
		}
		return described;
	}

	private static String place(@Nullable TokenStreamLocation location) {
		return (location != null && location.getLineNr() > 0)
				? " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr()) : "";
	}

	private static CommandException failure(Path file, String problem) {
		return new CommandException(ExitCode.FAILED,
				"The file %s %s".formatted(UntrustedText.quote(file.toString()), problem));
	}

}
