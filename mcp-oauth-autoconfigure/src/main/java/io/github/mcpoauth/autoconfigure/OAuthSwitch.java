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

package io.github.mcpoauth.autoconfigure;

import java.util.Locale;
import java.util.Set;

/**
 * What a plain value in the place of an {@code oauth} block says.
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
