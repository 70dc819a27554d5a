// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.slf4j.LoggerFactory;

/**
 * The errors and warnings that are logged, by any logger.
 */
final class ErrorLog {

	private ErrorLog() {
	}

	/**
	 * Do work and collect the errors.
	 * @param work the work
	 * @return the messages of the errors, each with the type of its exception
	 */
	static List<String> during(Runnable work) {
		return during(Level.ERROR, work);
	}

	/**
	 * Do work and collect what is logged at a level or above.
	 * @param least the level
	 * @param work the work
	 * @return the messages, each with the type of its exception
	 */
	static List<String> during(Level least, Runnable work) {
		Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		appender.start();
		root.addAppender(appender);
		try {
			work.run();
		}
		finally {
			root.detachAppender(appender);
		}
		return List.copyOf(appender.list)
			.stream()
			.filter((event) -> event.getLevel().isGreaterOrEqual(least))
			.map((event) -> event.getFormattedMessage()
					+ ((event.getThrowableProxy() != null) ? " with " + event.getThrowableProxy().getClassName() : ""))
			.toList();
	}

}
