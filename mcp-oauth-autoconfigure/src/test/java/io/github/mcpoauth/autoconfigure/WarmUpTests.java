// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WarmUp}.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class WarmUpTests {

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@Test
	void applicationWhenReadyRefreshesInMemoryOnly(CapturedOutput output) throws Exception {
		Files.writeString(this.directory.resolve("demo.json"), "not to be read");
		try (ConfigurableApplicationContext context = start("--mcp.servers.demo.url=https://mcp.example.com/mcp")) {
			Thread thread = thread();
			assertThat(thread.isDaemon()).isTrue();
			assertThat(thread.getPriority()).isEqualTo(Thread.MIN_PRIORITY);
			join(thread);
			assertThat(context.isActive()).isTrue();
		}
		assertThat(output).contains("'mcp-oauth-warm-up'")
			.doesNotContain("not loaded beforehand", " WARN ", "demo.json");
		try (Stream<Path> files = Files.list(this.directory)) {
			assertThat(files).hasSize(1);
		}
	}

	@Test
	void applicationWhenItHasNoServerLoadsNothing() {
		try (ConfigurableApplicationContext context = start()) {
			assertThat(threads()).isEmpty();
			assertThat(context.isActive()).isTrue();
		}
	}

	@Test
	void applicationWhenClosedAtOnceEndsTheThreadQuietly(CapturedOutput output) throws Exception {
		Thread thread;
		try (ConfigurableApplicationContext context = start("--mcp.servers.demo.url=https://mcp.example.com/mcp")) {
			thread = thread();
			assertThat(context.isActive()).isTrue();
		}
		join(thread);
		assertThat(output).doesNotContain("Exception in thread");
	}

	private ConfigurableApplicationContext start(String... arguments) {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.properties("mcp.oauth.store.file.directory=" + this.directory, "logging.level.io.github.mcpoauth=debug")
			.run(arguments);
	}

	private static void join(Thread thread) throws InterruptedException {
		thread.join(Duration.ofSeconds(50).toMillis());
		assertThat(thread.isAlive()).isFalse();
	}

	private static Thread thread() {
		return Objects.requireNonNull(threads().get(0));
	}

	private static List<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> "mcp-oauth-warm-up".equals(thread.getName()))
			.toList();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
			McpOAuthAutoConfiguration.class })
	static class Application {

	}

}
