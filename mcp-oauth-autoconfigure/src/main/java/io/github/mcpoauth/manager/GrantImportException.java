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
	 * @param message the file, the problem and its remedy
	 * @param cause the cause, or {@code null}
	 */
	public GrantImportException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
