// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.Locale;

import io.github.mcpoauth.event.McpOAuthWork;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Key values of the observations {@code mcp.oauth.refresh}, {@code mcp.oauth.recovery},
 * {@code mcp.oauth.login}, {@code mcp.oauth.discovery} and {@code mcp.oauth.store}. An
 * application replaces them, or the names, by a bean of this type that overrides some of
 * them.
 */
public interface McpOAuthObservationConvention extends ObservationConvention<McpOAuthObservationContext> {

	@Override
	default String getContextualName(McpOAuthObservationContext context) {
		McpOAuthWork work = context.getWork();
		return "mcp oauth %s %s".formatted(lower(work.kind()), work.server());
	}

	@Override
	default KeyValues getLowCardinalityKeyValues(McpOAuthObservationContext context) {
		McpOAuthWork work = context.getWork();
		String outcome = context.getOutcome();
		KeyValues keyValues = KeyValues.of(KeyValue.of("server", work.server()),
				KeyValue.of("outcome", (outcome != null) ? outcome : "none"));
		if (work.trigger() != null) {
			keyValues = keyValues.and("trigger", lower(work.trigger()));
		}
		return (work.operation() != null) ? keyValues.and("operation", lower(work.operation())) : keyValues;
	}

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof McpOAuthObservationContext;
	}

	private static String lower(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT);
	}

}
