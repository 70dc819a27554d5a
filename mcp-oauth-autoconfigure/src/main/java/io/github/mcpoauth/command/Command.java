// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

/**
 * One verb of the command line.
 */
abstract class Command {

	private final String verb;

	private final String synopsis;

	private final String summary;

	/**
	 * Create a command.
	 * @param verb one word
	 * @param synopsis the arguments that can follow the verb: parameters in angle
	 * brackets, optional ones in square brackets
	 * @param summary its purpose, in half a sentence
	 */
	Command(String verb, String synopsis, String summary) {
		this.verb = verb;
		this.synopsis = synopsis;
		this.summary = summary;
	}

	final String verb() {
		return this.verb;
	}

	final String synopsis() {
		return this.synopsis;
	}

	final String summary() {
		return this.summary;
	}

	/**
	 * Parse the arguments, before the application is started.
	 * @param arguments the words after the verb, which are taken to the
	 * {@linkplain Arguments#end() end}
	 * @return the work to do
	 * @throws CommandException if the arguments are not understood
	 */
	abstract Work parse(Arguments arguments);

	/**
	 * A command with parsed arguments.
	 */
	@FunctionalInterface
	interface Work {

		/**
		 * Run the command on a thread that may block.
		 * @param services the application's services
		 * @param output receives results and notes
		 * @return how it ended
		 */
		ExitCode run(Services services, Output output);

	}

}
