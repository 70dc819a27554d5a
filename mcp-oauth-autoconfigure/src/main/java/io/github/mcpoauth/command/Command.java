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
