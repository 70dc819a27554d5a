// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.security.oauth2.client.AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.reactive.function.client.ServerOAuth2AuthorizedClientExchangeFilterFunction;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * An application that is started to see how long that takes, and how much memory it needs
 * then.
 */
public final class StartUpApplication {

	private StartUpApplication() {
	}

	/**
	 * Start.
	 * @param args name of the configuration, number of servers
	 * @throws ClassNotFoundException if there is no such configuration
	 * @throws IOException if its properties cannot be written
	 */
	public static void main(String[] args) throws ClassNotFoundException, IOException {
		int servers = Integer.parseInt(args[1]);
		Properties properties = new Properties();
		properties.put("logging.level.root", "error");
		properties.put("mcp.oauth.store.file.directory", "absent");
		for (int server = 0; server < servers; server++) {
			properties.put("mcp.servers.s%d.url".formatted(server), "https://s%d.example.com/mcp".formatted(server));
			properties.put("mcp.servers.s%d.oauth.client-id".formatted(server), "benchmark");
			if (servers == 3) {
				String registration = "spring.security.oauth2.client.registration.s%d.".formatted(server);
				String provider = "spring.security.oauth2.client.provider.s%d.".formatted(server);
				properties.put(registration + "client-id", "benchmark");
				properties.put(registration + "authorization-grant-type", "authorization_code");
				properties.put(registration + "redirect-uri", "http://127.0.0.1/callback");
				properties.put(provider + "authorization-uri", "https://s%d.example.com/authorize".formatted(server));
				properties.put(provider + "token-uri", "https://s%d.example.com/token".formatted(server));
			}
		}
		Path directory = Files.createTempDirectory("mcp-oauth-benchmarks");
		try (Writer writer = Files.newBufferedWriter(directory.resolve("application.properties"))) {
			properties.store(writer, null);
		}
		Class<?> application = Class.forName(args[0]);
		long began = System.nanoTime();
		ConfigurableApplicationContext context = new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.run("--spring.config.location=" + directory.toUri());
		double millis = (System.nanoTime() - began) / 1e6;
		dropCaches();
		for (int collection = 0; collection < 4; collection++) {
			System.gc();
		}
		long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1024;
		int threads = ManagementFactory.getThreadMXBean().getThreadCount();
		System.out.println("started " + millis + " " + heap + " " + threads);
		context.close();
		FileSystemUtils.deleteRecursively(directory);
	}

	/**
	 * Have the JVM free softly reachable objects, as it does before it runs out of
	 * memory. Spring Boot's cache of property names is ten times as large as all else.
	 */
	private static void dropCaches() {
		try {
			byte[] tooMuch = new byte[Integer.MAX_VALUE - 8];
			throw new IllegalStateException(
					"There is room for %d bytes, and nothing was freed".formatted(tooMuch.length));
		}
		catch (OutOfMemoryError ex) {
			// They are gone now
		}
	}

	/**
	 * An application with a WebClient.
	 */
	@SpringBootConfiguration
	@EnableAutoConfiguration
	public static class Plain {

		@Bean
		WebClient webClient(WebClient.Builder builder) {
			return builder.build();
		}

	}

	/**
	 * An application with a WebClient that gets its tokens from Spring Security.
	 */
	@SpringBootConfiguration
	@EnableAutoConfiguration
	public static class WithSpringSecurity {

		@Bean
		WebClient webClient(WebClient.Builder builder, ReactiveClientRegistrationRepository registrations,
				ReactiveOAuth2AuthorizedClientService clients) {
			return builder
				.filter(new ServerOAuth2AuthorizedClientExchangeFilterFunction(
						new AuthorizedClientServiceReactiveOAuth2AuthorizedClientManager(registrations, clients)))
				.build();
		}

	}

}
