// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.AotDetector;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.context.event.ApplicationStartingEvent;
import org.springframework.boot.context.event.SpringApplicationEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Turns an application that is started with {@code mcp} as its first argument into the
 * command line: no web server, no banner, and the standard output left to the command.
 * <p>
 * Help and usage errors end the process before the application is created, and before its
 * configuration is read if that cannot turn the command line off.
 * <p>
 * Otherwise it acts after the application's configuration is read, which can turn it off,
 * and before the logging system starts, which then writes to the diverted standard
 * output.
 */
final class CommandLineListener implements ApplicationListener<SpringApplicationEvent>, Ordered {

	static final String SETTINGS_NAME = "mcpCommandLine";

	private static final String ENABLED = "mcp.oauth.command-line.enabled";

	private static final String WORD = "mcp";

	private static final String LEVEL = "logging.level.";

	private static final String FAILED_RENEWAL = "io.github.mcpoauth.internal.refresh.FailedRenewal";

	private static final Map<String, Object> SETTINGS = Map.of("spring.main.web-application-type", "none",
			"spring.main.banner-mode", "off", "spring.main.log-startup-info", "false", "spring.main.keep-alive",
			"false");

	/**
	 * The command tells of a connection that failed. Reactor Netty would add a stack
	 * trace.
	 */
	private static final Map<String, Object> DEFAULTS = Map.of("logging.level.root", "warn",
			"logging.level.reactor.netty.http.client", "error");

	/**
	 * The command prints the refresh that failed.
	 */
	private static final Map<String, Object> FAILURES = Map.of(LEVEL + FAILED_RENEWAL, "error");

	// Only where there is a command: every start of an application makes this listener
	private @Nullable CommandDeadline deadline;

	@Override
	public int getOrder() {
		return LoggingApplicationListener.DEFAULT_ORDER - 1;
	}

	@Override
	public void onApplicationEvent(SpringApplicationEvent event) {
		List<String> words = commandLine(event.getArgs());
		if (words == null) {
			return;
		}
		if (event instanceof ApplicationStartingEvent) {
			endWithoutConfiguration(event, words);
			// Configuration may come from a server that does not answer
			deadline().begin();
		}
		else if (event instanceof ApplicationEnvironmentPreparedEvent prepared) {
			if (prepared.getEnvironment().getProperty(ENABLED, Boolean.class, true)) {
				prepare(prepared, words);
			}
			else {
				deadline().withdraw();
			}
		}
		else if (event instanceof ApplicationFailedEvent) {
			// Exits with the exit code of the failure, which is not that of a SIGTERM
			deadline().ended();
		}
	}

	/**
	 * Whether the level of the nearest package asks for more than warnings.
	 */
	private static boolean wantsDetails(ConfigurableEnvironment environment) {
		String name = FAILED_RENEWAL;
		String level = null;
		while (level == null && name.indexOf('.') >= 0) {
			name = name.substring(0, name.lastIndexOf('.'));
			level = environment.getProperty(LEVEL + name);
		}
		return level != null && List.of("debug", "trace").contains(level.toLowerCase(Locale.ROOT));
	}

	private CommandDeadline deadline() {
		CommandDeadline present = this.deadline;
		if (present == null) {
			present = new CommandDeadline(System.err);
			this.deadline = present;
		}
		return present;
	}

	private static void endWithoutConfiguration(SpringApplicationEvent event, List<String> words) {
		PrintStream silence = new PrintStream(OutputStream.nullOutputStream());
		if (McpCommandLine.parse(words, new Terminal(System.in, silence, silence)).hasEnded()
				&& CommandLineSwitch.isSurelyOn(event.getArgs(), event.getSpringApplication().getClassLoader())) {
			McpCommandLine commandLine = McpCommandLine.parse(words, new Terminal(System.in, System.out, System.err));
			System.exit(commandLine.exitCode().value());
		}
	}

	private void prepare(ApplicationEnvironmentPreparedEvent event, List<String> words) {
		ConfigurableEnvironment environment = event.getEnvironment();
		PrintStream out = System.out;
		System.setOut(System.err);
		Terminal terminal = new Terminal(System.in, out, System.err);
		McpCommandLine commandLine = McpCommandLine.parse(words, terminal);
		if (commandLine.hasEnded()) {
			deadline().ended();
			System.exit(commandLine.exitCode().value());
		}
		// Definitions that were made ahead of time are those of a web application
		SpringProperties.setProperty(AotDetector.AOT_ENABLED, "false");
		environment.getPropertySources().addFirst(new MapPropertySource(SETTINGS_NAME, SETTINGS));
		environment.getPropertySources().addLast(new MapPropertySource("mcpCommandLineDefaults", DEFAULTS));
		if (!wantsDetails(environment)) {
			environment.getPropertySources().addLast(new MapPropertySource("mcpCommandLineFailures", FAILURES));
		}
		event.getSpringApplication().addInitializers(new CommandLineInitializer(commandLine, terminal, deadline()));
	}

	private static @Nullable List<String> commandLine(String[] args) {
		List<String> words = new ArrayList<>(List.of(args));
		int first = 0;
		while (first < words.size() && words.get(first).startsWith("--")) {
			first++;
		}
		if (first == words.size() || !WORD.equals(words.remove(first))) {
			return null;
		}
		return words;
	}

}
