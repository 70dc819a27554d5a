// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Locale;
import java.util.Set;

/**
 * Reads a plain value in place of an {@code oauth} block.
 */
final class OAuthSwitch {

	private static final Set<String> ON = Set.of("", "true", "on", "yes", "1");

	private static final Set<String> OFF = Set.of("false", "off", "no", "0");

	private OAuthSwitch() {
	}

	/**
	 * Read the value.
	 * @param value the value, nothing means on as an empty block does
	 * @return whether OAuth is on
	 * @throws IllegalArgumentException if it says neither
	 */
	static boolean isOn(Object value) {
		String text = value.toString().strip().toLowerCase(Locale.ROOT);
		if (ON.contains(text)) {
			return true;
		}
		if (OFF.contains(text)) {
			return false;
		}
		throw new IllegalArgumentException("'oauth' must be true, false, empty or a block of settings");
	}

}
