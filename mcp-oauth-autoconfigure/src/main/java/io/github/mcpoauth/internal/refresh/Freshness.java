// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

/**
 * How an access token stands in time.
 */
public enum Freshness {

	/**
	 * Use it.
	 */
	FRESH,

	/**
	 * Use it, and renew it without anybody waiting.
	 */
	STALE,

	/**
	 * Renew it first.
	 */
	EXPIRED

}
