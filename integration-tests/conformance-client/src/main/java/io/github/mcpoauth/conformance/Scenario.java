// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.conformance;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.manager.McpOAuthManager;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The common part of all scenarios. Requests go through the application's WebClient, and
 * whenever one needs a login, a login is made and the request is sent again, as a person
 * would have it.
 */
@Component
class Scenario {

	private static final String STATELESS = "2026-07-28";

	private static final int MOST_LOGINS = 3;

	private final WebClient client;

	private final McpOAuthManager manager;

	private int id;

	private int logins;

	private String session = "";

	Scenario(WebClient.Builder builder, McpOAuthManager manager) {
		this.client = builder.build();
		this.manager = manager;
	}

	int run(URI url, String version) {
		boolean stateless = version.compareTo(STATELESS) >= 0;
		if (!stateless) {
			send(url, version, "initialize", Map.of("protocolVersion", version, "capabilities", Map.of(), "clientInfo",
					Map.of("name", "conformance-client", "version", "1")), true);
			send(url, version, "notifications/initialized", Map.of(), false);
		}
		send(url, version, "tools/list", meta(stateless, version, Map.of()), true);
		send(url, version, "tools/call", meta(stateless, version, Map.of("name", "test-tool", "arguments", Map.of())),
				true);
		return 0;
	}

	private static Map<String, Object> meta(boolean stateless, String version, Map<String, Object> parameters) {
		Map<String, Object> all = new LinkedHashMap<>(parameters);
		if (stateless) {
			all.put("_meta", Map.of("io.modelcontextprotocol/protocolVersion", version,
					"io.modelcontextprotocol/clientCapabilities", Map.of()));
		}
		return all;
	}

	private void send(URI url, String version, String method, Map<String, ?> parameters, boolean wantsAnswer) {
		Map<String, Object> message = new LinkedHashMap<>();
		message.put("jsonrpc", "2.0");
		if (wantsAnswer) {
			message.put("id", ++this.id);
		}
		message.put("method", method);
		message.put("params", parameters);
		while (true) {
			try {
				exchange(url, version, method, message, wantsAnswer);
				return;
			}
			catch (LoginRequiredException ex) {
				if (this.logins++ == MOST_LOGINS) {
					throw ex;
				}
				login();
			}
		}
	}

	private void exchange(URI url, String version, String method, Map<String, Object> message, boolean wantsAnswer) {
		String body = this.client.post()
			.uri(url)
			.contentType(MediaType.APPLICATION_JSON)
			.accept(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM)
			.headers((headers) -> {
				if (!"initialize".equals(method)) {
					headers.set("MCP-Protocol-Version", version);
				}
				if (version.compareTo(STATELESS) >= 0) {
					headers.set("Mcp-Method", method);
					if ("tools/call".equals(method)) {
						headers.set("Mcp-Name", "test-tool");
					}
				}
				if (!this.session.isEmpty()) {
					headers.set("Mcp-Session-Id", this.session);
				}
			})
			.bodyValue(JsonMapper.shared().writeValueAsString(message))
			.exchangeToMono((response) -> {
				this.session = Objects.requireNonNullElse(response.headers().asHttpHeaders().getFirst("Mcp-Session-Id"),
						this.session);
				return response.statusCode().isError() ? response.createError() : response.bodyToMono(String.class);
			})
			.block(ConformanceClient.PATIENCE);
		if (wantsAnswer) {
			JsonNode answer = JsonMapper.shared().readTree(json(Objects.requireNonNullElse(body, "")));
			if (!answer.has("result")) {
				throw new IllegalStateException("%s was answered with %s".formatted(method, answer));
			}
		}
	}

	/**
	 * The last event of a stream, or a body that is not a stream.
	 */
	private static String json(String body) {
		int data = body.lastIndexOf("data:");
		return (data >= 0 && !body.stripLeading().startsWith("{")) ? body.substring(data + 5).strip() : body;
	}

	/**
	 * In the place of a browser: ask for the authorization URL and hand in where it
	 * redirects to.
	 */
	private void login() {
		Login login = Objects.requireNonNull(this.manager.provider(GrantKey.of("conformance"))
			.login(LoginRequest.withoutBrowser())
			.block(ConformanceClient.PATIENCE));
		String redirect = WebClient.create()
			.get()
			.uri(Objects.requireNonNull(login.authorizationUrl()))
			.exchangeToMono((response) -> response.releaseBody()
				.thenReturn(Objects
					.requireNonNullElse(response.headers().asHttpHeaders().getFirst(HttpHeaders.LOCATION), "")))
			.block(ConformanceClient.PATIENCE);
		login.complete(Objects.requireNonNull(redirect)).block(ConformanceClient.PATIENCE);
	}

}
