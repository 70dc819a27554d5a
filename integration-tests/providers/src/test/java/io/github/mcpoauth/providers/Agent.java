// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;
import reactor.core.publisher.Mono;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A running application with one MCP server, {@code demo}, and a user with a browser.
 */
final class Agent implements AutoCloseable {

	private static final String DEMO = "demo";

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final HttpClient BROWSER = HttpClient.newBuilder()
		.followRedirects(HttpClient.Redirect.ALWAYS)
		.build();

	private final ConfigurableApplicationContext context;

	private Agent(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static Agent start(Path directory, StandIn standIn) {
		List<String> settings = new ArrayList<>(standIn.settings());
		settings.addAll(standIn.advisedSettings());
		return start(directory, standIn, settings);
	}

	static Agent start(Path directory, StandIn standIn, List<String> settings, String... more) {
		List<String> arguments = new ArrayList<>(List.of(more));
		arguments.addAll(List.of("--mcp.oauth.store.file.directory=" + directory,
				"--mcp.servers.demo.url=" + standIn.configuredUrl(), "--mcp.servers.demo.oauth.enabled=true"));
		settings.forEach((setting) -> arguments.add("--mcp.servers.demo." + setting));
		return new Agent(new SpringApplicationBuilder(ProvidersApplication.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.logStartupInfo(false)
			.run(arguments.toArray(String[]::new)));
	}

	/**
	 * Log in: the user's browser opens the address and follows the redirects.
	 * @param visits how often
	 */
	ServerStatus login(int visits) throws Exception {
		return login(DEMO, visits);
	}

	ServerStatus login(String server, int visits) throws Exception {
		Login login = await(this.context.getBean(McpOAuthManager.class)
			.provider(GrantKey.of(server))
			.login(new LoginRequest(false, null)));
		for (int visit = 0; visit < visits; visit++) {
			BROWSER.send(
					HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).timeout(PATIENCE).build(),
					HttpResponse.BodyHandlers.discarding());
		}
		return await(login.completion());
	}

	ServerStatus status() {
		return await(this.context.getBean(McpOAuthManager.class).provider(GrantKey.of(DEMO)).status());
	}

	Map<String, Object> call(String message) {
		return call(DEMO, message);
	}

	Map<String, Object> call(String server, String message) {
		return await(this.context.getBean(McpToolClient.class).callTool(server, "echo", Map.of("message", message)));
	}

	private static <T> T await(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

	@Override
	public void close() {
		this.context.close();
	}

}
