// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * A running application with one MCP server, {@code demo}, and a store of its own.
 */
final class Agent implements AutoCloseable {

	static final GrantKey KEY = GrantKey.of("demo");

	static final Duration PATIENCE = Duration.ofSeconds(60);

	private final ConfigurableApplicationContext context;

	private final Path directory;

	private Agent(ConfigurableApplicationContext context, Path directory) {
		this.context = context;
		this.directory = directory;
	}

	/**
	 * Start an application.
	 * @param directory where it keeps grants
	 * @param mcpUrl the MCP server
	 * @param oauth properties below {@code mcp.servers.demo.oauth}, as {@code name=value}
	 * @return the application
	 */
	static Agent start(Path directory, URI mcpUrl, String... oauth) {
		List<String> arguments = new ArrayList<>(List.of("--mcp.oauth.store.file.directory=" + directory,
				"--mcp.servers.demo.url=" + mcpUrl, "--mcp.servers.demo.oauth.enabled=true"));
		for (String property : oauth) {
			arguments.add("--mcp.servers.demo.oauth." + property);
		}
		return new Agent(new SpringApplicationBuilder(AgentApplication.class).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.logStartupInfo(false)
			.run(arguments.toArray(String[]::new)), directory);
	}

	McpOAuthManager manager() {
		return this.context.getBean(McpOAuthManager.class);
	}

	Login begin(LoginRequest request) {
		return await(manager().provider(KEY).login(request));
	}

	static ServerStatus end(Login login) {
		return await(login.completion());
	}

	ServerStatus refresh() {
		return await(manager().provider(KEY).refresh(null));
	}

	ServerStatus status() {
		return await(manager().provider(KEY).status());
	}

	boolean logout() {
		return await(manager().provider(KEY).logout());
	}

	/**
	 * The access token that the next request would carry.
	 */
	String accessToken() {
		return await(manager().provider(KEY).token()).value().reveal();
	}

	/**
	 * Call a tool through everything there is.
	 */
	Map<String, Object> call(String message) {
		return await(
				this.context.getBean(McpToolClient.class).callTool(KEY.server(), "echo", Map.of("message", message)));
	}

	/**
	 * The record of the grant, with a refresh token in clear text.
	 */
	JsonNode stored() {
		try {
			return JsonMapper.shared().readTree(Files.readString(this.directory.resolve("demo.json")));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What an MCP server answers to a first message with these headers.
	 */
	static int initialize(URI mcpUrl, Map<String, String> headers) {
		return await(WebClient.create()
			.post()
			.uri(mcpUrl)
			.headers((all) -> headers.forEach(all::set))
			.contentType(MediaType.APPLICATION_JSON)
			.accept(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM)
			.bodyValue("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value())));
	}

	private static <T> T await(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

	@Override
	public void close() {
		this.context.close();
	}

}
