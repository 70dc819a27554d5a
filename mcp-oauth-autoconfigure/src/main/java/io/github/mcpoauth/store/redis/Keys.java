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

package io.github.mcpoauth.store.redis;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.remote.KeyText;

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
		return "%s{%s}:%s".formatted(this.prefix, KeyText.of(key), kind);
	}

}
