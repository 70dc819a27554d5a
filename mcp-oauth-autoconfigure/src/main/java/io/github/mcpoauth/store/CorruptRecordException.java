// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.TokenStoreException;
import org.jspecify.annotations.Nullable;

/**
 * A record is there and cannot be read. It is left as it is until a login or another
 * writer replaces it, and then kept aside.
 */
public class CorruptRecordException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param server name of the MCP server
	 * @param message the place of the record, its fault and the way out, without any of
	 * its content
	 * @param cause the cause, {@code null} if absent
	 */
	public CorruptRecordException(String server, String message, @Nullable Throwable cause) {
		super(server, message, cause);
	}

}
