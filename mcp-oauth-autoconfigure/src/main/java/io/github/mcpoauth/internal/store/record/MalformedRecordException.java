// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

/**
 * A record makes no sense. The message tells why and holds nothing of the content, and
 * for that reason there is no cause either.
 */
public class MalformedRecordException extends Exception {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param message the fault, to follow the name of the record
	 */
	public MalformedRecordException(String message) {
		super(message);
	}

}
