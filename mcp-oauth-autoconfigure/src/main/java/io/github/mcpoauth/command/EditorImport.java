// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * {@code mcp import --from=mcp.json}: lists the servers of an editor's file and writes
 * configuration for those that can be used. Stores nothing, and calls no server.
 */
final class EditorImport {

	/**
	 * End of a value of {@code --from} that means such a file.
	 */
	static final String SUFFIX = ".json";

	private static final String FORMAT = "mcp.json";

	private EditorImport() {
	}

	static Command.Work parse(String from, Arguments arguments) {
		String named = arguments.optional();
		if (named != null && !FORMAT.equals(from)) {
			throw CommandException.usage(
					"Two files are named, %s and %s".formatted(UntrustedText.quote(from), UntrustedText.quote(named)));
		}
		Path path = ImportCommand.path((named != null || FORMAT.equals(from)) ? named : from);
		boolean list = arguments.flag("--list");
		boolean replace = arguments.flag("--replace");
		Path target = ImportCommand.path(arguments.value("--to"));
		arguments.end();
		if (list && target != null) {
			throw CommandException.usage("--list and --to exclude each other");
		}
		return (services, output) -> run(EditorConfiguration.read(path), list, target, replace, output);
	}

	private static ExitCode run(EditorConfiguration configuration, boolean list, @Nullable Path target, boolean replace,
			Output output) {
		for (EditorServer server : configuration.servers()) {
			if (list) {
				output.result(members(server), List.of(line(server)));
			}
			else {
				output.listed(members(server), line(server));
			}
		}
		EditorYaml yaml = EditorYaml.of(configuration);
		if (yaml.isEmpty()) {
			output.note("The file %s has no server that can be used."
				.formatted(UntrustedText.quote(configuration.file().toString())));
		}
		else if (target != null) {
			write(target, yaml, replace);
			output.listed(Map.of("file", target.toString()),
					"Written to %s".formatted(UntrustedText.quote(target.toString())));
		}
		else if (!list) {
			output.result(Map.of("yaml", String.join("\n", yaml.lines()) + "\n"), yaml.lines());
		}
		return configuration.servers().stream().anyMatch((server) -> server.outcome() == EditorServer.Usability.FAILED)
				? ExitCode.FAILED : ExitCode.DONE;
	}

	private static void write(Path target, EditorYaml yaml, boolean replace) {
		byte[] content = (String.join("\n", yaml.lines()) + "\n").getBytes(StandardCharsets.UTF_8);
		try {
			if (replace) {
				Files.write(target, content);
			}
			else {
				Files.write(target, content, StandardOpenOption.CREATE_NEW);
			}
		}
		catch (FileAlreadyExistsException ex) {
			throw new CommandException(ExitCode.FAILED, "The file %s exists. Add --replace to overwrite it"
				.formatted(UntrustedText.quote(target.toString())));
		}
		catch (IOException ex) {
			throw new CommandException(ExitCode.FAILED, "The file %s cannot be written: %s"
				.formatted(UntrustedText.quote(target.toString()), FileFailure.reason(ex)));
		}
	}

	private static Map<String, Object> members(EditorServer server) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("name", server.name());
		if (server.url() != null) {
			members.put("url", UntrustedText.withoutSecrets(server.url()));
		}
		if (server.outcome() == EditorServer.Usability.FOUND) {
			members.put("server", server.server());
		}
		members.put("outcome", server.outcome().name().toLowerCase(Locale.ROOT));
		if (server.detail() != null) {
			members.put("detail", server.detail());
		}
		return members;
	}

	private static String line(EditorServer server) {
		String found = UntrustedText.quote(server.name()) + ((server.url() != null)
				? " at " + UntrustedText.quote(UntrustedText.withoutSecrets(server.url())) : "");
		String detail = (server.detail() != null) ? ": " + server.detail() : "";
		return switch (server.outcome()) {
			case FOUND -> "%s can be used as %s".formatted(found, UntrustedText.quote(server.server())) + detail;
			case LEFT_OUT -> "%s is left out".formatted(found) + detail;
			case FAILED -> "%s cannot be understood".formatted(found) + detail;
		};
	}

}
