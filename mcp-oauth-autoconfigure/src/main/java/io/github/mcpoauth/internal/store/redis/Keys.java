// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.Locale;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.RemoteRecords.Document;

/**
 * Names of Redis keys. Those of one grant share a hash tag, so that a Redis Cluster keeps
 * them on one node, where a script may use them together.
 *
 * @param prefix the start of all names
 */
record Keys(String prefix) {

	String grant(GrantKey key) {
		return name(key, "grant");
	}

	String document(GrantKey key, Document document) {
		return name(key, document.name().toLowerCase(Locale.ROOT));
	}

	String spending(GrantKey key) {
		return name(key, "spending");
	}

	String lease(GrantKey key) {
		return name(key, "lease");
	}

	String corrupt(GrantKey key) {
		return name(key, "corrupt");
	}

	String channel() {
		return this.prefix + "changes";
	}

	private String name(GrantKey key, String kind) {
		return "%s{%s}:%s".formatted(this.prefix, KeyCodec.of(key), kind);
	}

}
