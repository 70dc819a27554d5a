// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.manager.GrantImportException;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.GrantImporter.Finding;
import io.github.mcpoauth.manager.GrantImporter.ImportOutcome;
import io.github.mcpoauth.manager.GrantImporter.Mode;
import io.github.mcpoauth.manager.GrantImporter.Source;
import org.jspecify.annotations.Nullable;

/**
 * {@code mcp import}: imports logins from another agent, or the servers of an editor's
 * file.
 */
final class ImportCommand extends Command {

	private static final String ONE_OWNER = """
			A refresh token that rotates must have one owner: log out there, or import with --move, or each will make \
			the other's login worthless.""";

	ImportCommand() {
		super("import", "--from=hermes|codex|mcp-remote|mcp.json [path] [--list|--move] [--to=<file>] [--replace]",
				"import logins of another agent, by server URL, or an editor's servers");
	}

	@Override
	Work parse(Arguments arguments) {
		String from = arguments.value("--from");
		if (from != null && from.endsWith(EditorImport.SUFFIX)) {
			return EditorImport.parse(from, arguments);
		}
		Source source = source(from);
		Path path = path(arguments.optional());
		boolean list = arguments.flag("--list");
		boolean move = arguments.flag("--move");
		boolean replace = arguments.flag("--replace");
		arguments.end();
		if (list && move) {
			throw CommandException.usage("--list and --move exclude each other");
		}
		Mode mode = list ? Mode.LIST : move ? Mode.MOVE : Mode.COPY;
		GrantImporter.Request request = new GrantImporter.Request(source, path, mode, replace);
		return (services, output) -> run(request, services, output);
	}

	static @Nullable Path path(@Nullable String path) {
		try {
			return (path != null) ? Path.of(path) : null;
		}
		catch (InvalidPathException ex) {
			throw CommandException.usage("%s is not a path".formatted(UntrustedText.quote(path)));
		}
	}

	private static ExitCode run(GrantImporter.Request request, Services services, Output output) {
		List<Finding> findings = find(services.importer(), request);
		if (findings.isEmpty()) {
			output.note("Nothing was found.");
		}
		findings.forEach((finding) -> output.result(members(finding), List.of(line(finding, services.clock()))));
		if (findings.stream()
			.anyMatch((finding) -> finding.outcome() == ImportOutcome.IMPORTED && finding.refreshable())) {
			output.note(ONE_OWNER);
		}
		return findings.stream().anyMatch((finding) -> finding.outcome() == ImportOutcome.FAILED) ? ExitCode.FAILED
				: ExitCode.DONE;
	}

	private static List<Finding> find(GrantImporter importer, GrantImporter.Request request) {
		try {
			return Results.of(importer.run(request));
		}
		catch (GrantImportException ex) {
			throw new CommandException(ExitCode.FAILED, String.valueOf(ex.getMessage()));
		}
	}

	private static Source source(@Nullable String name) {
		for (Source source : Source.values()) {
			if (name(source).equals(name)) {
				return source;
			}
		}
		throw CommandException
			.usage((name != null) ? "There is no agent %s to import from".formatted(UntrustedText.quote(name))
					: "--from=hermes, --from=codex, --from=mcp-remote or --from=mcp.json is missing");
	}

	private static String name(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	private static Map<String, Object> members(Finding finding) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("name", finding.name());
		members.put("location", finding.location());
		put(members, "url", url(finding));
		put(members, "server", finding.server());
		members.put("outcome", name(finding.outcome()));
		put(members, "expires_at", Objects.toString(finding.expiresAt(), null));
		members.put("refresh_token", finding.refreshable());
		put(members, "detail", finding.detail());
		return members;
	}

	private static @Nullable String url(Finding finding) {
		return (finding.url() != null) ? UntrustedText.withoutSecrets(finding.url()) : null;
	}

	private static void put(Map<String, Object> members, String name, @Nullable String value) {
		if (value != null) {
			members.put(name, value);
		}
	}

	private static String line(Finding finding, Clock clock) {
		List<String> parts = new ArrayList<>();
		String url = url(finding);
		String found = UntrustedText.quote(finding.name()) + ((url != null) ? " for " + UntrustedText.quote(url) : "");
		parts.add(switch (finding.outcome()) {
			case FOUND -> "%s can be taken over as '%s'".formatted(found, finding.server());
			case IMPORTED -> "%s is now '%s'".formatted(found, finding.server());
			case MOVED -> "%s moved here and is now '%s'".formatted(found, finding.server());
			case EXISTS, NO_SERVER, FAILED -> "%s was not taken over".formatted(found);
		});
		if (finding.detail() != null) {
			parts.add(": " + finding.detail());
		}
		else {
			parts.add(", " + expiry(finding.expiresAt(), clock));
			parts.add(finding.refreshable() ? ", with refresh token" : ", without refresh token");
		}
		return String.join("", parts);
	}

	private static String expiry(@Nullable Instant expiresAt, Clock clock) {
		if (expiresAt == null) {
			return "expiry not known";
		}
		Duration left = Duration.between(clock.instant(), expiresAt);
		return left.isNegative() ? "expired" : "good for %d min".formatted(left.toMinutes());
	}

}
