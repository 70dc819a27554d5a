// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;

/**
 * Logs why the tools of a connection cannot be listed, each reason once until the tools
 * are available again.
 */
final class ListFailures {

	private static final Log logger = LogFactory.getLog(ListFailures.class);

	private final String connection;

	private final AtomicReference<@Nullable String> last = new AtomicReference<>();

	/**
	 * Create an instance.
	 * @param connection name of the connection
	 */
	ListFailures(String connection) {
		this.connection = connection;
	}

	void failed(RuntimeException failure) {
		String message = String.valueOf(failure.getMessage());
		if (!Objects.equals(this.last.getAndSet(message), message)) {
			logger
				.warn(LogMessage.format("Connection '%s': its tools are not available. %s", this.connection, message));
		}
	}

	void succeeded() {
		if (this.last.getAndSet(null) != null) {
			logger.info(LogMessage.format("Connection '%s': its tools are available", this.connection));
		}
	}

}
