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
 * An exchange with an authorization server or for its metadata did not end well. What was
 * sent was refused, surely not acted upon, or perhaps acted upon; or nothing was sent
 * because there is nobody to send it to.
 */
public abstract sealed class ExchangeException extends RuntimeException
		permits RejectedException, UnavailableException, UnknownOutcomeException, UnusableException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause that begins with who said or did it, fit to
	 * stand in another message: no secret, server text quoted
	 * @param cause the cause, {@code null} for none
	 */
	protected ExchangeException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
