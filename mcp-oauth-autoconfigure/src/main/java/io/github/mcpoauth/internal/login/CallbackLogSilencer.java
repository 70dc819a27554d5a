// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.logging.Filter;
import java.util.logging.Logger;

/**
 * Keeps out of the log what the JDK's HTTP server says there of our exchanges. At DEBUG
 * it tells what it was asked, and so the authorization code. Other servers of the process
 * go on logging.
 */
final class CallbackLogSilencer {

	/**
	 * Held, because the JDK forgets loggers that nobody holds, with their filters.
	 */
	private static final Logger logger = Logger.getLogger("com.sun.net.httpserver");

	/**
	 * By the thread, because a record tells neither the server nor the port.
	 */
	private static final ThreadLocal<Boolean> kept = new ThreadLocal<>();

	static {
		Filter before = logger.getFilter();
		logger.setFilter((record) -> kept.get() == null && (before == null || before.isLoggable(record)));
	}

	private CallbackLogSilencer() {
	}

	/**
	 * Run something with an exchange.
	 * @param task what logs nothing, as far as the JDK's server is concerned
	 */
	static void keepOut(Runnable task) {
		if (kept.get() != null) {
			task.run();
			return;
		}
		kept.set(Boolean.TRUE);
		try {
			task.run();
		}
		finally {
			kept.remove();
		}
	}

}
