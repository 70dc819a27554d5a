// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;

/**
 * Names of Redis keys. Those of one grant share a hash tag, so that a Redis Cluster keeps
 * them on one node, where a script may use them together.
 *
 * @param prefix what all names begin with
 */
record Keys(String prefix) {

	String grant(GrantKey key) {
		return name(key, "grant");
	}

	String client(GrantKey key) {
		return name(key, "client");
	}

	String metadata(GrantKey key) {
		return name(key, "metadata");
	}

	String spending(GrantKey key) {
		return name(key, "spending");
	}

	String lessons(GrantKey key) {
		return name(key, "lessons");
	}

	String issuer(GrantKey key) {
		return name(key, "issuer");
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
