// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.log.LogMessage;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Publishes events in the application context in their order, on one thread of its own: a
 * listener of the application may block, and must keep neither an event loop nor a
 * refresh waiting.
 */
final class ApplicationEvents implements McpOAuthListener, DisposableBean {

	private static final Log logger = LogFactory.getLog(ApplicationEvents.class);

	private static final int MOST_WAITING = 10_000;

	private static final long KEEP_ALIVE_SECONDS = 30;

	private final ApplicationEventPublisher publisher;

	private final ThreadPoolExecutor thread;

	ApplicationEvents(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
		CustomizableThreadFactory threads = new CustomizableThreadFactory("mcp-oauth-events-");
		threads.setDaemon(true);
		this.thread = new ThreadPoolExecutor(1, 1, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(MOST_WAITING), threads);
		this.thread.allowCoreThreadTimeOut(true);
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		try {
			this.thread.execute(() -> publish(event));
		}
		catch (RejectedExecutionException ex) {
			if (!this.thread.isShutdown()) {
				logger.warn(LogMessage.format("Dropped %s: a listener blocks, and %d events wait for it", event,
						MOST_WAITING));
			}
		}
	}

	private void publish(McpOAuthEvent event) {
		try {
			this.publisher.publishEvent(event);
		}
		catch (RuntimeException | LinkageError | AssertionError ex) {
			logger.warn(LogMessage.format("A listener failed on %s", event), ex);
		}
	}

	@Override
	public void destroy() {
		this.thread.shutdownNow();
	}

}
