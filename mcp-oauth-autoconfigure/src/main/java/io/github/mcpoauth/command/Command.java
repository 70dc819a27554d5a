// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

/**
 * One verb of the command line.
 */
interface Command {

	/**
	 * The verb.
	 * @return one word
	 */
	String verb();

	/**
	 * The arguments that can follow the verb.
	 * @return parameters in angle brackets, optional ones in square brackets
	 */
	String synopsis();

	/**
	 * The purpose.
	 * @return half a sentence
	 */
	String summary();

	/**
	 * Parse the arguments, before the application is started.
	 * @param arguments the words after the verb, which are taken to the
	 * {@linkplain Arguments#end() end}
	 * @return the work to do
	 * @throws CommandException if the arguments are not understood
	 */
	Work parse(Arguments arguments);

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
