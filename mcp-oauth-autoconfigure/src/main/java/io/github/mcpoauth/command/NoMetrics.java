// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.function.Supplier;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;

/**
 * Registries that record nothing, for beans of the application that expect one.
 */
final class NoMetrics {

	private NoMetrics() {
	}

	static void registerMissing(ConfigurableListableBeanFactory beanFactory) {
		BeanDefinitionRegistry registry = (BeanDefinitionRegistry) beanFactory;
		if (beanFactory.getBeanNamesForType(MeterRegistry.class, true, false).length == 0) {
			register(registry, "mcpCommandMeterRegistry", MeterRegistry.class, CompositeMeterRegistry::new);
		}
		if (beanFactory.getBeanNamesForType(ObservationRegistry.class, true, false).length == 0) {
			register(registry, "mcpCommandObservationRegistry", ObservationRegistry.class,
					() -> ObservationRegistry.NOOP);
		}
	}

	private static <T> void register(BeanDefinitionRegistry registry, String name, Class<T> type,
			Supplier<T> registryOfNothing) {
		RootBeanDefinition definition = new RootBeanDefinition(type, registryOfNothing);
		definition.setLazyInit(true);
		registry.registerBeanDefinition(name, definition);
	}

}
