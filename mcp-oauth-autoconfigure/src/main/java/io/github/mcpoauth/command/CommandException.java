// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

/**
 * A command that cannot be carried out for a reason of its own.
 */
final class CommandException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final ExitCode exitCode;

	/**
	 * Create an exception.
	 * @param exitCode the kind of failure
	 * @param message the failure and its remedy
	 */
	CommandException(ExitCode exitCode, String message) {
		super(message);
		this.exitCode = exitCode;
	}

	/**
	 * A command line that is not understood.
	 * @param message the problem
	 * @return the exception
	 */
	static CommandException usage(String message) {
		return new CommandException(ExitCode.USAGE, message);
	}

	ExitCode exitCode() {
		return this.exitCode;
	}

}
