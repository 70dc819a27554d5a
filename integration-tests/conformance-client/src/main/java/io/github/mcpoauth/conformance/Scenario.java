// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.conformance;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.session.McpSessions;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import reactor.core.publisher.Mono;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Uses all that a server offers, as an application would, and makes a login whenever one
 * is required. Where a scenario says what to do, it does that instead.
 */
@Component
class Scenario {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final int MOST_LOGINS = 3;

	private static final TypeReference<Map<String, Object>> ARGUMENTS = new TypeReference<>() {
	};

	private final McpServerSession session;

	private final McpOAuthManager manager;

	private int logins;

	Scenario(McpSessions sessions, McpOAuthManager manager) {
		this.session = sessions.get(ConformanceClient.SERVER);
		this.manager = manager;
	}

	void run(String name, JsonNode context) {
		InitializeResult server = answer(this.session.connect());
		if (server.capabilities().tools() != null) {
			useTools(name, context);
		}
		if (server.capabilities().resources() != null) {
			for (Resource resource : answer(this.session.listResources())) {
				answer(this.session.readResource(ReadResourceRequest.builder(resource.uri()).build()));
			}
		}
		if (server.capabilities().prompts() != null) {
			for (Prompt prompt : answer(this.session.listPrompts())) {
				answer(this.session.getPrompt(GetPromptRequest.builder(prompt.name()).build()));
			}
		}
	}

	private void useTools(String name, JsonNode context) {
		List<Tool> tools = answer(this.session.listTools());
		switch (name) {
			// The server offers a tool that it cannot call
			case "json-schema-ref-no-deref" -> {
			}
			case "json-schema-2020-12-preservation" ->
				call("json_schema_echo", Map.of("schema", tools.get(0).inputSchema()));
			case "http-custom-headers" -> context.path("toolCalls")
				.forEach((call) -> call(call.path("name").asString(),
						JsonMapper.shared().convertValue(call.path("arguments"), ARGUMENTS)));
			default -> tools.forEach((tool) -> call(tool.name(), Samples.of(tool.inputSchema())));
		}
	}

	private void call(String tool, Map<String, Object> arguments) {
		CallToolRequest request = CallToolRequest.builder(tool).arguments(arguments).build();
		CallToolResult result = answer(this.session.callTool(request));
		while (isLoginRequired(result)) {
			login();
			result = answer(this.session.callTool(request));
		}
		if (Boolean.TRUE.equals(result.isError())) {
			throw new IllegalStateException("%s was answered with %s".formatted(tool, result.content()));
		}
	}

	private static boolean isLoginRequired(CallToolResult result) {
		return Boolean.TRUE.equals(result.isError()) && result.structuredContent() instanceof Map<?, ?> members
				&& members.containsKey("needs_reauth");
	}

	private <T> T answer(Mono<T> call) {
		while (true) {
			try {
				return Objects.requireNonNull(call.block(PATIENCE));
			}
			catch (LoginRequiredException ex) {
				login();
			}
		}
	}

	/**
	 * In the place of a browser: ask for the authorization URL and hand in where it
	 * redirects to.
	 */
	private void login() {
		if (this.logins++ == MOST_LOGINS) {
			throw new IllegalStateException("A login is required after %d logins".formatted(MOST_LOGINS));
		}
		Login login = Objects.requireNonNull(this.manager.provider(GrantKey.of(ConformanceClient.SERVER))
			.login(LoginRequest.withoutBrowser())
			.block(PATIENCE));
		String redirect = WebClient.create()
			.get()
			.uri(Objects.requireNonNull(login.authorizationUrl()))
			.exchangeToMono((response) -> response.releaseBody()
				.thenReturn(Objects
					.requireNonNullElse(response.headers().asHttpHeaders().getFirst(HttpHeaders.LOCATION), "")))
			.block(PATIENCE);
		login.complete(Objects.requireNonNull(redirect)).block(PATIENCE);
	}

}
