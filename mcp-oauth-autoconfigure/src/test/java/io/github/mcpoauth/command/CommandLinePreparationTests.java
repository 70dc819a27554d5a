// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.bootstrap.DefaultBootstrapContext;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.event.ApplicationStartingEvent;
import org.springframework.core.SpringProperties;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

/**
 * Tests for how {@link CommandLineListener} prepares an application.
 */
class CommandLinePreparationTests {

	private static final String ENABLED = "mcp.oauth.command-line.enabled";

	private static final String FAILED_RENEWAL = "logging.level.io.github.mcpoauth.internal.refresh.FailedRenewal";

	private final SpringApplication application = new SpringApplication();

	private final StandardEnvironment environment = new StandardEnvironment();

	private final Map<String, Object> configuration = new LinkedHashMap<>();

	private final PrintStream out = System.out;

	private final PrintStream applicationOut = new PrintStream(OutputStream.nullOutputStream());

	private final CommandLineListener listener = new CommandLineListener();

	@BeforeEach
	void setOut() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("configuration", this.configuration));
		System.setOut(this.applicationOut);
	}

	@AfterEach
	void restore() {
		// A deadline that a failed test leaves would end the JVM
		this.configuration.put(ENABLED, "false");
		prepare("mcp");
		System.setOut(this.out);
		SpringProperties.setProperty(AotDetector.AOT_ENABLED, null);
	}

	@Test
	void listenerWhenThereIsACommandTakesTheOutputAndTheWebServerFromTheApplication() {
		this.configuration.put("spring.main.web-application-type", "servlet");
		this.configuration.put("spring.main.banner-mode", "console");
		prepare("--server.port=8081", "mcp", "list");
		assertThat(System.out).isSameAs(System.err);
		assertThat(property("spring.main.web-application-type")).isEqualTo("none");
		assertThat(property("spring.main.banner-mode")).isEqualTo("off");
		assertThat(property("logging.level.root")).isEqualTo("warn");
		assertThat(this.application.getInitializers()).hasAtLeastOneElementOfType(CommandLineInitializer.class);
	}

	@Test
	void listenerWhenTheApplicationSetsLogLevelsKeepsThem() {
		this.configuration.put("logging.level.root", "info");
		prepare("mcp", "list");
		assertThat(property("logging.level.root")).isEqualTo("info");
	}

	@Test
	void listenerWhenTheFirstWordIsAnotherLeavesTheApplicationAlone() {
		prepare("serve", "mcp", "list");
		prepare("--mcp.servers.demo.url=http://localhost/mcp");
		assertThat(System.out).isSameAs(this.applicationOut);
		assertThat(this.environment.containsProperty("spring.main.web-application-type")).isFalse();
		assertThat(this.application.getInitializers()).doesNotHaveAnyElementsOfTypes(CommandLineInitializer.class);
	}

	@Test
	void listenerWhenCommandLineIsTurnedOffLeavesTheApplicationWithoutADeadline() {
		this.configuration.put(ENABLED, "false");
		String[] arguments = { "mcp", "list" };
		this.listener.onApplicationEvent(
				new ApplicationStartingEvent(new DefaultBootstrapContext(), this.application, arguments));
		prepare(arguments);
		assertThat(System.out).isSameAs(this.applicationOut);
		assertThat(this.environment.containsProperty("spring.main.web-application-type")).isFalse();
		assertThat(this.application.getInitializers()).doesNotHaveAnyElementsOfTypes(CommandLineInitializer.class);
		assertThat(this.listener).extracting("deadline.timer", as(type(ExecutorService.class)))
			.matches(ExecutorService::isShutdown);
	}

	@ParameterizedTest
	@CsvSource({ ", , error", "logging.level.root, debug, error", "logging.level.io.github.mcpoauth, info, error",
			"logging.level.io.github.mcpoauth, DEBUG,", "logging.level.io.github.mcpoauth.internal, trace,",
			"logging.level.io, debug,", "logging.level.io.github.mcpoauth.internal.refresh.FailedRenewal, off, off" })
	void listenerWhenNoDetailsAreAskedForKeepsTheLogOfAFailedRefreshQuiet(@Nullable String name, @Nullable String level,
			@Nullable String expected) {
		if (name != null && level != null) {
			this.configuration.put(name, level);
		}
		prepare("mcp", "refresh", "demo");
		assertThat(property(FAILED_RENEWAL)).isEqualTo(expected);
	}

	private @Nullable String property(String name) {
		return this.environment.getProperty(name);
	}

	private void prepare(String... arguments) {
		this.listener.onApplicationEvent(new ApplicationEnvironmentPreparedEvent(new DefaultBootstrapContext(),
				this.application, arguments, this.environment));
	}

}
