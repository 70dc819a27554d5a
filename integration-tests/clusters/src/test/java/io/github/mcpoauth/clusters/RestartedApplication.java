// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.devtools.restart.Restarter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;

/**
 * An agent that DevTools restarts in the same JVM. Each start renews the token, begins
 * another refresh, and restarts when it reads a line, while the refresh is under way.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class RestartedApplication {

	/**
	 * System properties outlive a restart, static fields do not.
	 */
	private static final String STARTS = "test.starts";

	private static final String THREADS = "test.threads";

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@Bean
	AgentClock clock() {
		return new AgentClock();
	}

	@EventListener
	void closing(ContextClosedEvent event) {
		System.out.println("@closing");
	}

	/**
	 * Start the agent, also anew.
	 * @param arguments properties
	 * @throws Exception if it fails
	 */
	public static void main(String[] arguments) throws Exception {
		ConfigurableApplicationContext context = SpringApplication.run(RestartedApplication.class, arguments);
		int starts = Integer.getInteger(STARTS, 0) + 1;
		System.setProperty(STARTS, Integer.toString(starts));
		System.out.println("@started %d, left: %s".formatted(starts, left()));
		context.getBean(AgentClock.class).putForward(Duration.ofHours(2L * starts));
		McpOAuthProvider provider = context.getBean(McpOAuthManager.class).provider(GrantKey.of("demo"));
		boolean present = provider.token().blockOptional(PATIENCE).isPresent();
		System.out.println("@renewed " + present);
		if (!hasLine()) {
			return;
		}
		provider.refresh(null).subscribe();
		if (!hasLine()) {
			return;
		}
		List<Thread> threads = Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter(RestartedApplication::isOurs)
			.toList();
		System.getProperties().put(THREADS, threads);
		System.out.println("@threads " + threads.size());
		new Thread(() -> Restarter.getInstance().restart()).start();
	}

	private static boolean isOurs(Thread thread) {
		return thread.getName().startsWith("mcp-oauth");
	}

	/**
	 * The threads of the start before that have not ended.
	 */
	private static List<String> left() throws InterruptedException {
		List<?> before = (List<?>) System.getProperties().getOrDefault(THREADS, List.of());
		for (Object thread : before) {
			((Thread) thread).join(TimeUnit.SECONDS.toMillis(20));
		}
		return before.stream().map(Thread.class::cast).filter(Thread::isAlive).map(Thread::getName).toList();
	}

	/**
	 * Wait for the next line of the test.
	 */
	private static boolean hasLine() throws IOException {
		int next = System.in.read();
		while (next >= 0 && next != '\n') {
			next = System.in.read();
		}
		return next >= 0;
	}

}
