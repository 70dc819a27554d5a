// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.session.McpSessions;
import reactor.core.publisher.Mono;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with the starter and one server.
 */
final class AgentApplication implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofSeconds(60);

	static final String SERVER = "remote";

	private final ConfigurableApplicationContext context;

	private AgentApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static AgentApplication start(URI server, Path store, String... properties) {
		return new AgentApplication(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.properties("mcp.servers.%s.url=%s".formatted(SERVER, server), "mcp.oauth.store.file.directory=" + store)
			.properties(properties)
			.run());
	}

	McpOAuthManager manager() {
		return this.context.getBean(McpOAuthManager.class);
	}

	McpServerSession session() {
		return this.context.getBean(McpSessions.class).get(SERVER);
	}

	/**
	 * Log in, where the authorization server answers without asking a person.
	 */
	void logIn() throws Exception {
		Login login = Objects.requireNonNull(
				manager().provider(GrantKey.of(SERVER)).login(LoginRequest.withoutBrowser()).block(PATIENCE));
		HttpClient browser = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
		assertThat(browser
			.send(HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).timeout(PATIENCE).build(),
					BodyHandlers.discarding())
			.statusCode()).isEqualTo(200);
		login.completion().block(PATIENCE);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		/**
		 * Answers each form with the question that it asks.
		 */
		@Bean
		QuestionHandler questions() {
			return (question) -> Mono.just(Answer.accept(Map.of("answer", question.message())));
		}

	}

}
