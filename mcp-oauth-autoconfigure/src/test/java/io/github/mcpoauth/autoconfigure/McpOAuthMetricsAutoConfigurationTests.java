// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.actuate.McpOAuthGauges;
import io.github.mcpoauth.actuate.McpOAuthMeters;
import io.github.mcpoauth.actuate.McpOAuthObservationConvention;
import io.github.mcpoauth.actuate.McpOAuthObservations;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link McpOAuthMetricsAutoConfiguration} and for events in the application
 * context.
 */
class McpOAuthMetricsAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	private final ApplicationContextRunner plain;

	private final ApplicationContextRunner runner;

	McpOAuthMetricsAutoConfigurationTests(@TempDir Path directory) {
		this.plain = new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(McpOAuthAutoConfiguration.class, McpOAuthMetricsAutoConfiguration.class,
							SslAutoConfiguration.class, HttpClientAutoConfiguration.class))
			.withPropertyValues("mcp.oauth.store.file.directory=" + directory,
					"mcp.servers.linear.url=https://mcp.linear.app/mcp");
		this.runner = this.plain.withBean(MeterRegistry.class, () -> this.meters)
			.withBean(ObservationRegistry.class, () -> {
				ObservationRegistry registry = ObservationRegistry.create();
				registry.observationConfig().observationHandler(new DefaultMeterObservationHandler(this.meters));
				return registry;
			});
	}

	@Test
	void metricsWhenThereIsNoRegistryAreAbsent() {
		this.plain.run((context) -> assertThat(context).hasNotFailed()
			.doesNotHaveBean(McpOAuthObservations.class)
			.doesNotHaveBean(McpOAuthMeters.class));
	}

	@Test
	void metricsWhenMicrometerIsAbsentAreAbsent() {
		this.plain.withClassLoader(new FilteredClassLoader("io.micrometer"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(McpOAuthManager.class));
	}

	@Test
	void metricsWhenTurnedOffAreAbsent() {
		this.runner.withPropertyValues("mcp.oauth.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(McpOAuthObservations.class)
				.doesNotHaveBean(McpOAuthMeters.class)
				.doesNotHaveBean(McpOAuthGauges.class));
	}

	@Test
	void metricsWhenThereAreRegistriesMeasureTheManager() {
		this.runner.run((context) -> {
			recover(context);
			assertThat(this.meters.get("mcp.oauth.recovery").tag("outcome", "reauthorize").timer().count())
				.isEqualTo(1);
			assertThat(this.meters.get("mcp.oauth.login.required").counter().count()).isEqualTo(1);
			assertThat(context).hasSingleBean(McpOAuthGauges.class);
		});
	}

	@Test
	void metricsWhenBoundWhileTheRegistryIsCreatedDoNotNeedTheManager() {
		this.plain
			.withConfiguration(
					AutoConfigurations.of(MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
							SimpleMetricsExportAutoConfiguration.class, ObservationAutoConfiguration.class))
			.run((context) -> {
				assertThat(context).hasNotFailed().hasSingleBean(McpOAuthMeters.class);
				assertThat(context.getBean(MeterRegistry.class).get("mcp.oauth.servers").gauge().value()).isEqualTo(1);
			});
	}

	@Test
	void metricsWhenThereIsAConventionUseIt() {
		this.runner.withBean(McpOAuthObservationConvention.class, () -> new McpOAuthObservationConvention() {

			@Override
			public String getName() {
				return "agent.oauth";
			}

		}).run((context) -> {
			recover(context);
			assertThat(this.meters.get("agent.oauth").timer().count()).isEqualTo(1);
		});
	}

	@Test
	void eventWhenListenerFailsReachesItTheNextTimeAllTheSame() {
		this.plain.withBean(Notifier.class).run((context) -> {
			assertThat(recover(context).outcome()).isEqualTo(Recovery.Outcome.REAUTHORIZE);
			McpOAuthEvent.LoginRequired event = context.getBean(Notifier.class).notified.poll(PATIENCE.toSeconds(),
					TimeUnit.SECONDS);
			assertThat(event).isNotNull();
			assertThat(event.server()).isEqualTo("linear");
			context.getBean(McpOAuthManager.class).provider(GrantKey.of("linear")).logout().block(PATIENCE);
			assertThat(context.getBean(Notifier.class).loggedOut.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS))
				.isNotNull();
		});
	}

	private static Recovery recover(ApplicationContext context) {
		return Objects.requireNonNull(context.getBean(McpOAuthManager.class)
			.provider(GrantKey.of("linear"))
			.recover(Rejection.of(null, List.of("Bearer")))
			.block(PATIENCE));
	}

	static class Notifier {

		private final BlockingQueue<McpOAuthEvent.LoginRequired> notified = new LinkedBlockingQueue<>();

		private final BlockingQueue<McpOAuthEvent.LoggedOut> loggedOut = new LinkedBlockingQueue<>();

		@EventListener
		void personNeeded(McpOAuthEvent.LoginRequired event) {
			this.notified.add(event);
			throw new IllegalStateException("A listener may fail");
		}

		@EventListener
		void loggedOut(McpOAuthEvent.LoggedOut event) {
			this.loggedOut.add(event);
		}

	}

}
