/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
	 * @param message what happened and what to do
	 */
	CommandException(ExitCode exitCode, String message) {
		super(message);
		this.exitCode = exitCode;
	}

	/**
	 * A command line that is not understood.
	 * @param message what is wrong with it
	 * @return the exception
	 */
	static CommandException usage(String message) {
		return new CommandException(ExitCode.USAGE, message);
	}

	ExitCode exitCode() {
		return this.exitCode;
	}

}
