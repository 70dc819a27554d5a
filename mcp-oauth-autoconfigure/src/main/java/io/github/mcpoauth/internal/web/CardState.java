// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.Locale;

/**
 * State of a server as users see it.
 */
enum CardState {

	CONNECTED,

	FAILING,

	UNSAVED,

	BROKEN,

	NEEDED,

	WAITING,

	ELSEWHERE,

	NONE,

	UNKNOWN;

	static CardState of(ServerConnection connection) {
		if (connection.login() != null) {
			return connection.isOwn() ? WAITING : ELSEWHERE;
		}
		return switch (connection.status().state()) {
			case AUTHORIZED -> CONNECTED;
			case REFRESH_FAILING -> FAILING;
			case UNPERSISTED -> UNSAVED;
			case STORE_ERROR -> BROKEN;
			case LOGIN_REQUIRED -> connection.hasGrant() ? NEEDED : NONE;
		};
	}

	/**
	 * Its name in the markup and among the texts.
	 */
	String key() {
		return name().toLowerCase(Locale.ROOT);
	}

}
