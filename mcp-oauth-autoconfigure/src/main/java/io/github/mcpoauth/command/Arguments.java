// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.DefaultApplicationArguments;

/**
 * The words of one command line, taken one by one. A word that is left in the end is an
 * error. Options that name a Spring property ({@code --mcp.servers.demo.url=...},
 * {@code --debug}) belong to Spring Boot and are ignored here.
 */
final class Arguments {

	private static final List<String> SPRING_BOOT_FLAGS = List.of("debug", "trace");

	private final Deque<String> parameters;

	private final Map<String, List<String>> options = new LinkedHashMap<>();

	/**
	 * Parse a command line.
	 * @param words the words after {@code mcp}
	 * @throws CommandException if a word is neither a parameter nor an option
	 */
	Arguments(List<String> words) {
		ApplicationArguments arguments = parse(words);
		this.parameters = new ArrayDeque<>(arguments.getNonOptionArgs());
		for (String name : arguments.getOptionNames()) {
			List<String> values = arguments.getOptionValues(name);
			if (name.indexOf('.') < 0 && !SPRING_BOOT_FLAGS.contains(name)) {
				this.options.put("--" + name, (values != null) ? values : List.of());
			}
		}
	}

	private static ApplicationArguments parse(List<String> words) {
		try {
			return new DefaultApplicationArguments(words.toArray(String[]::new));
		}
		catch (IllegalArgumentException ex) {
			throw CommandException.usage("An option has no name");
		}
	}

	/**
	 * Take the next parameter.
	 * @param name its name, for the message
	 * @return the parameter
	 * @throws CommandException if no argument is left
	 */
	String required(String name) {
		String parameter = optional();
		if (parameter == null) {
			throw CommandException.usage("<%s> is missing".formatted(name));
		}
		return parameter;
	}

	/**
	 * Take the next parameter if there is one.
	 * @return the parameter, or {@code null}
	 */
	@Nullable String optional() {
		return this.parameters.poll();
	}

	/**
	 * Take an option that has no value.
	 * @param name its name with the dashes
	 * @return whether it was there
	 */
	boolean flag(String name) {
		List<String> values = this.options.get(name);
		return values != null && values.isEmpty() && this.options.remove(name) != null;
	}

	/**
	 * Take an option that has a value.
	 * @param name its name with the dashes
	 * @return its value, {@code null} if it was not there
	 * @throws CommandException if it was there twice or without a value
	 */
	@Nullable String value(String name) {
		List<String> values = this.options.remove(name);
		if (values == null) {
			return null;
		}
		if (values.isEmpty() || values.contains("")) {
			throw CommandException.usage("%s needs a value, written as %s=<value>".formatted(name, name));
		}
		if (values.size() > 1) {
			throw CommandException.usage("%s was given twice".formatted(name));
		}
		return values.get(0);
	}

	/**
	 * Take the name of a server and the option {@code --principal}.
	 * @return the key of that principal's grant, of the application's own without the
	 * option
	 * @throws CommandException if the name is missing, or the option cannot be a
	 * principal's name
	 */
	GrantKey key() {
		return key(required("server"));
	}

	/**
	 * Take the option {@code --principal}.
	 * @param server name of the server
	 * @return the key of that principal's grant, of the application's own without the
	 * option
	 * @throws CommandException if it cannot be a principal's name
	 */
	GrantKey key(String server) {
		String principal = value("--principal");
		try {
			return (principal != null) ? GrantKey.of(server, principal) : GrantKey.of(server);
		}
		catch (IllegalArgumentException ex) {
			throw CommandException
				.usage("--principal=%s cannot be used: %s".formatted(UntrustedText.quote(principal), ex.getMessage()));
		}
	}

	/**
	 * Check that all words were taken.
	 * @throws CommandException if an option or a parameter is left
	 */
	void end() {
		this.options.keySet().stream().findFirst().ifPresent((option) -> {
			throw CommandException.usage("There is no option %s here".formatted(UntrustedText.quote(option)));
		});
		if (!this.parameters.isEmpty()) {
			throw CommandException
				.usage("The argument %s is one too many".formatted(UntrustedText.quote(this.parameters.peek())));
		}
	}

}
