// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import io.github.mcpoauth.TokenStoreException;

/**
 * The store cannot list its records.
 */
public class ListingNotSupportedException extends TokenStoreException {

	private static final long serialVersionUID = 1L;

	/**
	 * Create an exception.
	 * @param reason why it cannot, and the remedy
	 */
	public ListingNotSupportedException(String reason) {
		super(TokenStore.ANY_SERVER, reason, null);
	}

	@Override
	public Kind getKind() {
		return Kind.NOT_SUPPORTED;
	}

}
