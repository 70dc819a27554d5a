// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.time.Duration;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * Metrics beside the observations: required logins, waiters, and the time spent on the
 * lock.
 */
public final class McpOAuthMeters implements McpOAuthListener {

	private final MeterRegistry registry;

	/**
	 * Create a listener.
	 * @param registry takes the meters
	 */
	public McpOAuthMeters(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void onEvent(McpOAuthEvent event) {
		if (event instanceof McpOAuthEvent.LoginRequired) {
			this.registry.counter("mcp.oauth.login.required", "server", event.server()).increment();
		}
	}

	@Override
	public void locked(String server, Duration waited) {
		Timer.builder("mcp.oauth.lock.wait")
			.description("Time that refreshes waited for the lock they share with other processes")
			.tag("server", server)
			.register(this.registry)
			.record(waited);
	}

	@Override
	public void refreshEnded(String server, int waiters) {
		DistributionSummary.builder("mcp.oauth.refresh.waiters")
			.description("Callers that waited for the same refresh")
			.tag("server", server)
			.register(this.registry)
			.record(waiters);
	}

}
