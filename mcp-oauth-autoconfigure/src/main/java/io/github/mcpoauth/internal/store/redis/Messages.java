// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLock;
import io.github.mcpoauth.internal.store.remote.RecordWatch;
import io.github.mcpoauth.internal.store.remote.Revision;

/**
 * What processes tell each other through the channel.
 */
final class Messages {

	private static final String CHANGED = "changed";

	private static final String GIVEN_BACK = "given_back";

	private static final String ECHO = "echo";

	private Messages() {
	}

	static String changed(GrantKey key, Revision revision) {
		return String.join(":", CHANGED, revision.value(), KeyCodec.of(key));
	}

	static String givenBack(GrantKey key) {
		return String.join(":", GIVEN_BACK, "", KeyCodec.of(key));
	}

	/**
	 * Says nothing but that who hears it is connected.
	 */
	static String echo() {
		return ECHO + "::";
	}

	static void receive(String message, RecordWatch watch, LeaseLock lock) {
		String[] parts = message.split(":", 3);
		if (ECHO.equals(parts[0]) && !watch.isConnected()) {
			watch.connected();
		}
		if (parts.length < 3 || parts[2].isBlank()) {
			return;
		}
		GrantKey key = KeyCodec.parse(parts[2]);
		if (key == null) {
			return;
		}
		if (CHANGED.equals(parts[0])) {
			watch.changed(key, new Revision(parts[1]));
		}
		else if (GIVEN_BACK.equals(parts[0])) {
			lock.givenBack(key);
		}
	}

}
