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
	 * What can follow the verb.
	 * @return parameters in angle brackets, what may be left out in square ones
	 */
	String synopsis();

	/**
	 * What it does.
	 * @return half a sentence
	 */
	String summary();

	/**
	 * Do it. Runs on a thread that may block.
	 * @param arguments what follows the verb, to be taken to the
	 * {@linkplain Arguments#end() end} before anything else is done
	 * @param output where results go
	 * @return how it went
	 * @throws CommandException if the arguments are not understood
	 */
	ExitCode run(Arguments arguments, Output output);

}
