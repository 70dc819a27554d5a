// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link CommandLineInitializer} in a context of few beans.
 */
class CommandLineInitializerTests extends CommandTestBase {

	private final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();

	private final List<String> created = new ArrayList<>();

	private final CommandDeadline deadline = new CommandDeadline(new PrintStream(this.err, true));

	@AfterEach
	void close() {
		this.context.close();
		this.deadline.withdraw();
	}

	@Test
	void initializeWhenContextIsRefreshedCreatesNoBeanOfTheApplication() {
		this.context.registerBean("server", Server.class, () -> created("server", Server::new));
		refresh();
		assertThat(this.created).isEmpty();
		Server server = this.context.getBean(Server.class);
		this.context.start();
		assertThat(server.isRunning()).isFalse();
	}

	@Test
	void initializeWhenMetricsAreMissingOffersRegistriesThatRecordNothing() {
		refresh();
		assertThat(this.context.getBean(ObservationRegistry.class)).isSameAs(ObservationRegistry.NOOP);
		MeterRegistry meters = this.context.getBean(MeterRegistry.class);
		meters.counter("calls").increment();
		assertThat(meters.counter("calls").count()).isZero();
	}

	@Test
	void initializeWhenTheApplicationHasMetricsKeepsThem() {
		this.context.registerBean(MeterRegistry.class, () -> created("meters", SimpleMeterRegistry::new));
		this.context.registerBean(ObservationRegistry.class, ObservationRegistry::create);
		refresh();
		assertThat(this.created).isEmpty();
		assertThat(this.context.getBeanProvider(MeterRegistry.class).stream()).singleElement()
			.isInstanceOf(SimpleMeterRegistry.class);
		assertThat(this.context.getBean(ObservationRegistry.class)).isNotSameAs(ObservationRegistry.NOOP);
	}

	@Test
	void initializeWhenTheApplicationCachesWithoutACacheManagerOffersOneThatKeepsNothing() {
		this.context.register(Caching.class);
		refresh();
		CacheManager caches = this.context.getBean(CacheManager.class);
		assertThat(caches.getCache("answers")).isNotNull().satisfies((cache) -> {
			cache.put("key", "value");
			assertThat(cache.get("key")).isNull();
		});
	}

	@Test
	void initializeWhenTheApplicationHasACacheManagerKeepsIt() {
		this.context.register(Caching.class);
		this.context.registerBean(CacheManager.class, () -> created("caches", ConcurrentMapCacheManager::new));
		refresh();
		assertThat(this.created).isEmpty();
		assertThat(this.context.getBean(CacheManager.class)).isInstanceOf(ConcurrentMapCacheManager.class);
	}

	@Test
	void commandWhenTheManagerCannotBeCreatedLeavesTheFailureToSpringBoot() {
		this.context.registerBean(McpOAuthManager.class, () -> {
			throw new IllegalStateException("A setting is wrong");
		});
		refresh();
		assertThatExceptionOfType(BeanCreationException.class)
			.isThrownBy(() -> this.context
				.publishEvent(new ApplicationStartedEvent(new SpringApplication(), new String[0], this.context, null)))
			.withRootCauseExactlyInstanceOf(IllegalStateException.class);
		assertThat(out()).isEmpty();
		assertThat(err()).isEmpty();
	}

	private void refresh() {
		McpCommandLine commandLine = McpCommandLine.parse(List.of("list"), terminal());
		new CommandLineInitializer(commandLine, terminal(), this.deadline).initialize(this.context);
		this.context.refresh();
	}

	private <T> T created(String name, Supplier<T> bean) {
		this.created.add(name);
		return bean.get();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	static class Caching {

	}

	private static final class Server implements SmartLifecycle {

		private boolean running;

		@Override
		public void start() {
			this.running = true;
		}

		@Override
		public void stop() {
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

	}

}
