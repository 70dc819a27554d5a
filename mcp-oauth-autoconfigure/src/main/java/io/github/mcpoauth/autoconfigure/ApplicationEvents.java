// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.concurrent.RejectedExecutionException;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.log.LogMessage;

/**
 * Publishes events in the application context, one after the other, and not on the thread
 * that they happened on: that one may belong to an event loop, and a listener may block.
 */
final class ApplicationEvents implements McpOAuthListener, DisposableBean {

	private static final Log logger = LogFactory.getLog(ApplicationEvents.class);

	private final ApplicationEventPublisher publisher;

	private Scheduler.@Nullable Worker worker;

	private boolean destroyed;

	ApplicationEvents(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		try {
			worker().schedule(() -> publish(event));
		}
		catch (RejectedExecutionException ex) {
			logger.trace(LogMessage.format("Nobody listens any more to %s", event));
		}
	}

	/**
	 * Made for the first event, because it keeps a thread.
	 */
	private synchronized Scheduler.Worker worker() {
		if (this.destroyed) {
			throw new RejectedExecutionException();
		}
		Scheduler.Worker worker = this.worker;
		if (worker == null) {
			worker = Schedulers.boundedElastic().createWorker();
			this.worker = worker;
		}
		return worker;
	}

	private void publish(McpOAuthEvent event) {
		try {
			this.publisher.publishEvent(event);
		}
		catch (RuntimeException ex) {
			logger.warn(LogMessage.format("A listener failed on %s", event), ex);
		}
	}

	@Override
	public synchronized void destroy() {
		this.destroyed = true;
		if (this.worker != null) {
			this.worker.dispose();
		}
	}

}
