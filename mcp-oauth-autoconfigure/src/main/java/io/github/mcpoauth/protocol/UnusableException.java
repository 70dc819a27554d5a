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

package io.github.mcpoauth.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What a server offers cannot be used or must not be trusted: it names an address the
 * policy refuses, is not who it claims to be, or leaves out what we need. Nothing was
 * spent, and trying again changes nothing until the server or the settings change.
 */
public final class UnusableException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause, server text quoted
	 */
	public UnusableException(String message) {
		this(message, null);
	}

	/**
	 * Create an exception.
	 * @param message one sentence of cause, server text quoted
	 * @param cause the cause, {@code null} for none
	 */
	public UnusableException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
