// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds the command that a command line names, runs it, and says how it went.
 */
final class McpCommandLine {

	private static final Log logger = LogFactory.getLog(McpCommandLine.class);

	private static final String HELP = "help";

	private static final String FOOTER = """

			--principal=<name> is about somebody's grant instead of the application's own, with any command for a server
			--json prints results for a program, one JSON value a line. Settings of the application go with any
			command, for example --mcp.servers.demo.url=http://localhost:8080/mcp
			Exit codes: 0 done, 1 failed, 2 not understood, 3 a person has to log in, 4 try again later""";

	private final List<Command> commands;

	McpCommandLine(List<Command> commands) {
		this.commands = List.copyOf(commands);
	}

	/**
	 * The command line with all its commands.
	 * @param manager what they talk to
	 * @param tools what those talk to that call tools
	 * @param importer what takes over logins
	 * @param in what a person types
	 * @param clock the clock
	 * @return the command line
	 */
	static McpCommandLine of(McpOAuthManager manager, ObjectProvider<McpToolClient> tools,
			ObjectProvider<GrantImporter> importer, InputStream in, Clock clock) {
		return new McpCommandLine(List.of(new ListCommand(manager, clock), new StatusCommand(manager, clock),
				new LoginCommand(manager, in, clock), new RefreshCommand(manager, clock), new LogoutCommand(manager),
				new RemoveCommand(manager), new ImportCommand(importer, clock), new TestCommand(new ToolSupport(tools)),
				new CallCommand(new ToolSupport(tools))));
	}

	/**
	 * Run one command line.
	 * @param words what follows {@code mcp}
	 * @param terminal where its output goes
	 * @return the exit code for the process
	 */
	ExitCode run(List<String> words, Terminal terminal) {
		Arguments arguments = new Arguments(words);
		Output output = new Output(terminal.out(), terminal.err(), arguments.flag("--json"));
		try {
			return run(arguments, output);
		}
		catch (RuntimeException ex) {
			logger.debug("The command failed", ex);
			Failure failure = Failure.of(ex);
			output.failure(failure);
			return failure.exitCode();
		}
	}

	private ExitCode run(Arguments arguments, Output output) {
		boolean help = arguments.flag("--help");
		String verb = arguments.optional();
		if (help || HELP.equals(verb)) {
			output.result(Map.of("usage", usage()), usage());
			return ExitCode.DONE;
		}
		Command command = find(verb);
		if (command == null) {
			usage().forEach(output::note);
			throw CommandException.usage((verb != null) ? "There is no command %s".formatted(UntrustedText.quote(verb))
					: "The command is missing");
		}
		try {
			return command.run(arguments, output);
		}
		catch (CommandException ex) {
			if (ex.exitCode() == ExitCode.USAGE) {
				output.note("Usage: " + usage(command));
			}
			throw ex;
		}
	}

	private @Nullable Command find(@Nullable String verb) {
		return this.commands.stream().filter((command) -> command.verb().equals(verb)).findFirst().orElse(null);
	}

	private List<String> usage() {
		List<String> lines = new ArrayList<>();
		lines.add("Usage:");
		this.commands.forEach((command) -> lines.add("  %-58s %s".formatted(usage(command), command.summary())));
		lines.addAll(FOOTER.lines().toList());
		return lines;
	}

	private static String usage(Command command) {
		return "mcp %s %s".formatted(command.verb(), command.synopsis()).strip();
	}

}
