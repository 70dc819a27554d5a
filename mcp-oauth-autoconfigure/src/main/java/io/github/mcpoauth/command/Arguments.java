// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * The words of one command line, taken one by one. What nobody has taken in the end is an
 * error. Options that name a Spring property ({@code --mcp.servers.demo.url=...},
 * {@code --debug}) are Spring Boot's and have no place here.
 */
final class Arguments {

	private static final List<String> SPRING_BOOT_FLAGS = List.of("--debug", "--trace");

	private final Deque<String> parameters = new ArrayDeque<>();

	private final Deque<String> options = new ArrayDeque<>();

	/**
	 * Sort out a command line.
	 * @param words what follows {@code mcp}
	 */
	Arguments(List<String> words) {
		for (String word : words) {
			if (!isOption(word)) {
				this.parameters.add(word);
			}
			else if (!isSpringProperty(word)) {
				this.options.add(word);
			}
		}
	}

	static boolean isOption(String word) {
		return word.startsWith("--");
	}

	private static boolean isSpringProperty(String option) {
		int end = option.indexOf('=');
		String name = (end >= 0) ? option.substring(0, end) : option;
		return name.indexOf('.') >= 0 || SPRING_BOOT_FLAGS.contains(name);
	}

	/**
	 * Take the next parameter.
	 * @param name what it is, for the message
	 * @return the parameter
	 * @throws CommandException if there is none left
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
	 * @return the parameter, {@code null} for none
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
		return this.options.removeIf(name::equals);
	}

	/**
	 * Take an option that has a value.
	 * @param name its name with the dashes
	 * @return its value, {@code null} if it was not there
	 * @throws CommandException if it was there twice or without a value
	 */
	@Nullable String value(String name) {
		String value = null;
		for (Iterator<String> all = this.options.iterator(); all.hasNext();) {
			String option = all.next();
			if (option.equals(name) || option.equals(name + "=")) {
				throw CommandException.usage("%s needs a value, written as %s=<value>".formatted(name, name));
			}
			if (option.startsWith(name + "=")) {
				if (value != null) {
					throw CommandException.usage("%s was given twice".formatted(name));
				}
				value = option.substring(name.length() + 1);
				all.remove();
			}
		}
		return value;
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
	 * Make sure that nothing is left over.
	 * @throws CommandException if there is an option or a parameter that nobody took
	 */
	void end() {
		if (!this.options.isEmpty()) {
			throw CommandException
				.usage("There is no option %s here".formatted(UntrustedText.quote(this.options.peek())));
		}
		if (!this.parameters.isEmpty()) {
			throw CommandException
				.usage("The argument %s is one too many".formatted(UntrustedText.quote(this.parameters.peek())));
		}
	}

}
