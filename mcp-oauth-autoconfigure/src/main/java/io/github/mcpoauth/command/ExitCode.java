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
 * What a command's exit code says, the worse the later.
 */
enum ExitCode {

	/**
	 * It is done.
	 */
	DONE(0),

	/**
	 * It failed for a reason that may pass.
	 */
	TRY_LATER(4),

	/**
	 * It cannot be done until a person has logged in.
	 */
	PERSON_NEEDED(3),

	/**
	 * It failed for another reason.
	 */
	FAILED(1),

	/**
	 * It was not understood.
	 */
	USAGE(2);

	private final int value;

	ExitCode(int value) {
		this.value = value;
	}

	int value() {
		return this.value;
	}

	ExitCode orWorse(ExitCode other) {
		return (compareTo(other) >= 0) ? this : other;
	}

}
