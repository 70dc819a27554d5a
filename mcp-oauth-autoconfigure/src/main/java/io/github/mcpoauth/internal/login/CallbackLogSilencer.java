// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.logging.Filter;
import java.util.logging.Logger;

/**
 * Suppresses the log of the JDK's HTTP server for our exchanges. At DEBUG it contains
 * request addresses, and so authorization codes. Other servers of the process keep
 * logging.
 */
final class CallbackLogSilencer {

	/**
	 * A strong reference: the JDK drops loggers that are not referenced, with their
	 * filters.
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
	 * @param task the task during which log records of the JDK's server are dropped
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
