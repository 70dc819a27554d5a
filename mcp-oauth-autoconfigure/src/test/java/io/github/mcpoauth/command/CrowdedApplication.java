// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.concurrent.CountDownLatch;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * An application with all the auto-configuration there is, a Prometheus registry
 * included.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class CrowdedApplication {

	public static void main(String[] args) {
		SpringApplication.run(CrowdedApplication.class, args);
	}

	@Bean
	MeterBinder meters() {
		System.err.println("Meters come to life");
		return (registry) -> {
		};
	}

	@Bean
	static BeanPostProcessor hanging(Environment environment) {
		return new Hanging(environment.containsProperty("hang.now"));
	}

	private record Hanging(boolean hangs) implements BeanPostProcessor {

		@Override
		public Object postProcessBeforeInitialization(Object bean, String name) {
			if (this.hangs && bean instanceof McpOAuthManager) {
				System.err.println("The manager hangs");
				try {
					new CountDownLatch(1).await();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}
			return bean;
		}

	}

}
