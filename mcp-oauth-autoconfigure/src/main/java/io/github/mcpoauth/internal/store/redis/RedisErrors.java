// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

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
