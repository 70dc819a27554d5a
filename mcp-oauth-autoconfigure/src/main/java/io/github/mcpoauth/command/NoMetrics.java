// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * Registries that record nothing, for beans of the application that expect one.
 */
final class NoMetrics {

	private NoMetrics() {
	}

	static void registerMissing(ConfigurableListableBeanFactory beanFactory) {
		if (beanFactory.getBeanNamesForType(MeterRegistry.class, true, false).length == 0) {
			beanFactory.registerSingleton("mcpCommandMeterRegistry", new CompositeMeterRegistry());
		}
		if (beanFactory.getBeanNamesForType(ObservationRegistry.class, true, false).length == 0) {
			beanFactory.registerSingleton("mcpCommandObservationRegistry", ObservationRegistry.NOOP);
		}
	}

}
