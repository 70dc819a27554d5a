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

package io.github.mcpoauth.autoconfigure;

import java.util.concurrent.RejectedExecutionException;

import io.github.mcpoauth.McpOAuthEvent;
import io.github.mcpoauth.McpOAuthListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
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

	private final Scheduler.Worker worker = Schedulers.boundedElastic().createWorker();

	ApplicationEvents(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		try {
			this.worker.schedule(() -> publish(event));
		}
		catch (RejectedExecutionException ex) {
			logger.trace(LogMessage.format("Nobody listens any more to %s", event));
		}
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
	public void destroy() {
		this.worker.dispose();
	}

}
