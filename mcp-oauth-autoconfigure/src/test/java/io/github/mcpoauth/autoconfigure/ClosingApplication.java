// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.McpOAuthManager;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.ContextRefreshedEvent;

/**
 * Ends in one of several ways while a refresh is under way. The test learns of its steps
 * by requests.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class ClosingApplication {

	public static void main(String[] args) throws Exception {
		End end = End.valueOf(System.getProperty("test.end").toUpperCase(Locale.ROOT));
		SpringApplication application = new SpringApplicationBuilder(ClosingApplication.class)
			.web(WebApplicationType.NONE)
			.properties("mcp.servers.demo.url=" + System.getProperty("test.url"), "mcp.servers.demo.oauth=",
					"mcp.oauth.store.file.directory=" + args[0])
			.build();
		application.addListeners((ContextClosedEvent event) -> tell("closing"));
		if (end == End.COMMAND) {
			application.addListeners((ContextRefreshedEvent event) -> refresh(event.getApplicationContext()));
			application.run("mcp", "list");
			return;
		}
		ConfigurableApplicationContext context = application.run();
		refresh(context);
		switch (end) {
			case EXIT -> System.exit(0);
			case SIGTERM -> {
				new ProcessBuilder("kill", "-TERM", Long.toString(ProcessHandle.current().pid())).start();
				new CountDownLatch(1).await();
			}
			default -> throw new IllegalStateException();
		}
	}

	private static void refresh(ApplicationContext context) {
		context.getBean(McpOAuthManager.class).provider(GrantKey.of("demo")).refresh(null).subscribe();
		tell("refreshing");
	}

	private static void tell(String step) {
		try {
			HttpRequest request = HttpRequest
				.newBuilder(URI.create(System.getProperty("test.control")).resolve("/" + step))
				.build();
			HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The ways to end.
	 */
	enum End {

		EXIT, SIGTERM, COMMAND

	}

}
