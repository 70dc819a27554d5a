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
 * The request was sent and no complete answer came back: it may or may not have been
 * acted upon. A refresh token sent with it may be spent.
 */
public final class UnknownOutcomeException extends ExchangeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message one sentence of cause
	 * @param cause the cause, {@code null} for none
	 */
	public UnknownOutcomeException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
