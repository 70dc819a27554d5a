// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import org.jspecify.annotations.Nullable;

/**
 * A browser and its user.
 *
 * @param browser the value of its cookie, a secret
 * @param user name of the logged-in user, {@code null} without a login
 */
record Visitor(String browser, @Nullable String user) {

	@Override
	public String toString() {
		return "Visitor[user=%s]".formatted(this.user);
	}

}
