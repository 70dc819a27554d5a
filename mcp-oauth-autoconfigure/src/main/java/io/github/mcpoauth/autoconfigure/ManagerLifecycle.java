// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Closes the manager when its application context closes: after web servers have finished
 * their requests, and before connections to databases and Redis are stopped, which the
 * manager needs to store the last tokens.
 */
final class ManagerLifecycle implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {

	/**
	 * Below the phases of web servers, above the default of connection factories.
	 */
	private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 8192;

	private final ApplicationContext context;

	// Written while beans are created, read by the thread that closes the context
	private volatile @Nullable McpOAuthManager manager;

	private volatile boolean running;

	private volatile boolean closing;

	ManagerLifecycle(ApplicationContext context) {
		this.context = context;
	}

	/**
	 * Close a manager with the context.
	 * @param manager the manager
	 * @return the manager
	 */
	McpOAuthManager manage(McpOAuthManager manager) {
		this.manager = manager;
		return manager;
	}

	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		// Contexts that have this one as their parent close without it
		this.closing |= event.getApplicationContext().equals(this.context);
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	@Override
	public void start() {
		this.running = true;
	}

	/**
	 * A context that is only stopped may be started again, so its manager stays open.
	 */
	@Override
	public void stop() {
		McpOAuthManager manager = this.manager;
		if (this.closing && manager != null) {
			manager.close();
		}
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

}
