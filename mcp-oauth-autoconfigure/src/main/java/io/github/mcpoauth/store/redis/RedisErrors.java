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

import java.time.Duration;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;

import org.springframework.core.NestedExceptionUtils;

/**
 * Makes one exception of what Redis or the way to it says. Its words stay out of the
 * message, since an answer of Redis can quote a script's arguments.
 */
final class RedisErrors {

	private RedisErrors() {
	}

	static TokenStoreException translate(GrantKey key, String what, Throwable ex) {
		if (ex instanceof TokenStoreException translated) {
			return translated;
		}
		return new TokenStoreException(key.server(),
				"The grant of MCP server '%s' could not be %s in Redis (%s). What is in memory stays usable; look whether Redis can be reached"
					.formatted(key.server(), what,
							NestedExceptionUtils.getMostSpecificCause(ex).getClass().getSimpleName()),
				ex);
	}

	static Throwable describe(GrantKey key, Duration timeout, Throwable ex) {
		return (ex instanceof TimeoutException) ? new TokenStoreException(key.server(),
				"The grant of MCP server '%s' could not be read in Redis: no answer within %d ms. What is in memory stays usable; look whether Redis can be reached"
					.formatted(key.server(), timeout.toMillis()),
				null) : ex;
	}

}
