// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Parses a command line, which needs no application, and runs its command.
 */
final class McpCommandLine {

	private static final Log logger = LogFactory.getLog(McpCommandLine.class);

	private static final String HELP = "help";

	private static final List<Command> COMMANDS = List.of(new ListCommand(), new StatusCommand(), new LoginCommand(),
			new RefreshCommand(), new LogoutCommand(), new RemoveCommand(), new ImportCommand(), new TestCommand(),
			new CallCommand(), new DoctorCommand(), new ClientMetadataCommand());

	private static final String FOOTER = """

			--principal=<name> selects a user's grant instead of the application's own, with any command for a server
			--json prints results for a program, one JSON value a line. Settings of the application go with any
			command, for example --mcp.servers.demo.url=http://localhost:8080/mcp
			Exit codes: 0 done, 1 failed, 2 not understood, 3 a login is required, 4 try again later""";

	private final Output output;

	private final Command.@Nullable Work work;

	private final ExitCode exitCode;

	private McpCommandLine(Output output, Command.@Nullable Work work, ExitCode exitCode) {
		this.output = output;
		this.work = work;
		this.exitCode = exitCode;
	}

	/**
	 * Parse a command line. Prints the help where it is asked for, and the usage if a
	 * word is not understood.
	 * @param words the words after {@code mcp}
	 * @param terminal receives the output
	 * @return the command line
	 */
	static McpCommandLine parse(List<String> words, Terminal terminal) {
		Output output = new Output(terminal.out(), terminal.err(), words.contains("--json"));
		try {
			Arguments arguments = new Arguments(words);
			arguments.flag("--json");
			return new McpCommandLine(output, parse(arguments, output), ExitCode.DONE);
		}
		catch (CommandException ex) {
			Failure failure = Failure.of(ex);
			output.failure(failure);
			return new McpCommandLine(output, null, failure.exitCode());
		}
	}

	private static Command.@Nullable Work parse(Arguments arguments, Output output) {
		boolean help = arguments.flag("--help");
		String verb = arguments.optional();
		if (help || HELP.equals(verb)) {
			output.result(Map.of("usage", usage()), usage());
			return null;
		}
		Command command = find(verb);
		if (command == null) {
			usage().forEach(output::note);
			throw CommandException.usage((verb != null) ? "There is no command %s".formatted(UntrustedText.quote(verb))
					: "The command is missing");
		}
		try {
			return command.parse(arguments);
		}
		catch (CommandException ex) {
			output.note("Usage: " + usage(command));
			throw ex;
		}
	}

	/**
	 * Whether there is nothing left to do, so that the application is not needed.
	 * @return {@code true} after help and usage errors
	 */
	boolean hasEnded() {
		return this.work == null;
	}

	/**
	 * Run the command.
	 * @param services the application's services
	 * @return the exit code for the process
	 */
	ExitCode run(Services services) {
		if (this.work == null) {
			return this.exitCode;
		}
		try {
			return this.work.run(services, this.output);
		}
		catch (RuntimeException ex) {
			return fail(ex);
		}
	}

	/**
	 * Print a failure.
	 * @param ex the failure
	 * @return the exit code for the process
	 */
	ExitCode fail(RuntimeException ex) {
		logger.debug("The command failed", ex);
		Failure failure = Failure.of(ex);
		this.output.failure(failure);
		return failure.exitCode();
	}

	ExitCode exitCode() {
		return this.exitCode;
	}

	private static @Nullable Command find(@Nullable String verb) {
		return COMMANDS.stream().filter((command) -> command.verb().equals(verb)).findFirst().orElse(null);
	}

	private static List<String> usage() {
		List<String> lines = new ArrayList<>();
		lines.add("Usage:");
		COMMANDS.forEach((command) -> lines.add("  %-58s %s".formatted(usage(command), command.summary())));
		lines.addAll(FOOTER.lines().toList());
		return lines;
	}

	private static String usage(Command command) {
		return "mcp %s %s".formatted(command.verb(), command.synopsis()).strip();
	}

}
