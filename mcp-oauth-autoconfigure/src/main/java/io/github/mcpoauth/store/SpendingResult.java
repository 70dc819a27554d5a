// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;

/**
 * The answer of {@link TokenStore#noteSpending}.
 */
public sealed interface SpendingResult {

	/**
	 * The note is written, and the refresh token may be sent now.
	 *
	 * @param spentBefore whether the store had a note for the same refresh token already:
	 * the token was sent before, and the outcome of that is unknown
	 */
	record Noted(boolean spentBefore) implements SpendingResult {

	}

	/**
	 * Another process noted the same refresh token a short while ago. Nothing was
	 * written, and the refresh token must not be sent: its answer may still arrive there.
	 *
	 * @param age time since that note was written, by the clock of the store, never
	 * negative
	 */
	record Pending(Duration age) implements SpendingResult {

	}

}
