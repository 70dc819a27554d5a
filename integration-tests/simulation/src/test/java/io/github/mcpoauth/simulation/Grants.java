// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The tokens of a simulated grant, which are numbered.
 */
final class Grants {

	private static final Pattern REFRESH = Pattern.compile("refresh-(\\d+)");

	private Grants() {
	}

	static String access(int number) {
		return "access-" + number;
	}

	static String refresh(int number) {
		return "refresh-" + number;
	}

	/**
	 * The number of the refresh token in a record or a form.
	 * @return the number, {@code -1} if there is none
	 */
	static int number(@Nullable String text) {
		Matcher matcher = REFRESH.matcher((text != null) ? text : "");
		return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
	}

}
