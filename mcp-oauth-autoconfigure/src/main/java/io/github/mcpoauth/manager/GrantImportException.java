// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import org.jspecify.annotations.Nullable;

/**
 * There is nothing to import, because the source is not there or cannot be read.
 */
public class GrantImportException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message what is wrong with which file, and what to do
	 * @param cause the cause, {@code null} for none
	 */
	public GrantImportException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
