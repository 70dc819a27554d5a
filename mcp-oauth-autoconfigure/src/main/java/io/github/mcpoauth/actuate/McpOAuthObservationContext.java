// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.Locale;

import io.github.mcpoauth.event.McpOAuthWork;
import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * The details of one piece of work.
 */
public final class McpOAuthObservationContext extends Observation.Context {

	private final McpOAuthWork work;

	// Written by the thread that ends the work
	private volatile @Nullable String outcome;

	McpOAuthObservationContext(McpOAuthWork work) {
		this.work = work;
		setName("mcp.oauth." + work.kind().name().toLowerCase(Locale.ROOT));
	}

	/**
	 * The work.
	 * @return the work
	 */
	public McpOAuthWork getWork() {
		return this.work;
	}

	/**
	 * How it ended.
	 * @return a word of which there are few, also for a failure; {@code null} before the
	 * end, and where the caller went away before it
	 */
	public @Nullable String getOutcome() {
		return this.outcome;
	}

	void setOutcome(String outcome) {
		this.outcome = outcome;
	}

}
