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

package io.github.mcpoauth.actuate;

import java.time.Duration;

import io.github.mcpoauth.McpOAuthEvent;
import io.github.mcpoauth.McpOAuthListener;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * Counts what is not an observation: people who are needed, waiters, and the time spent
 * on the lock.
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
	public void landed(String server, int waiters) {
		DistributionSummary.builder("mcp.oauth.refresh.waiters")
			.description("Callers that waited for the same refresh")
			.tag("server", server)
			.register(this.registry)
			.record(waiters);
	}

}
