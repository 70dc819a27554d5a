// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.util.Locale;

/**
 * The protocols that a server speaks: the one with sessions, the one of 2026-07-28
 * without, or both.
 */
enum Spoken {

	LEGACY, MODERN, BOTH;

	String argument() {
		return name().toLowerCase(Locale.ROOT);
	}

}
