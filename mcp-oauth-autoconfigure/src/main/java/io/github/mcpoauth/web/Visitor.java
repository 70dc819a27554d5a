// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import org.jspecify.annotations.Nullable;

/**
 * A browser, and who uses it.
 *
 * @param browser what its cookie says, a secret
 * @param user name of the person who has logged in to the application, {@code null} for
 * anybody
 */
record Visitor(String browser, @Nullable String user) {

	@Override
	public String toString() {
		return "Visitor[user=%s]".formatted(this.user);
	}

}
