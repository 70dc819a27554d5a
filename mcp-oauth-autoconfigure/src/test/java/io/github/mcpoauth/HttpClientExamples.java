// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.net.http.HttpClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.webclient.RequestAttributes;
import io.modelcontextprotocol.modern.client.McpAsyncClient;
import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.transport.HttpClientMcpTransport;
import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.registry.ImportHttpServices;

/**
 * The snippets about HTTP clients in {@code docs/http-clients.md} and
 * {@code docs/protocols.md}, to be compiled.
 */
@SuppressWarnings("ClassCanBeStatic") // Not in an application, where it is no nested
										// class
final class HttpClientExamples {

	private final RestClient api;

	HttpClientExamples(RestClient.Builder builder) {
		this.api = builder.baseUrl("https://api.example.com/v1").build();
	}

	RestClient injected() {
		return this.api;
	}

	static RestClient restClient(McpOAuthManager manager) {
		return
		// @formatter:off
		RestClient.builder()
			.baseUrl("https://api.example.com/v1")
			.requestInterceptor(manager.interceptor("api"))
			.build();
		// @formatter:on
	}

	static @Nullable String login(RestClient client) {
		try {
			return client.get().uri("/tickets").retrieve().body(String.class);
		}
		catch (LoginRequiredException ex) {
			return "Please connect " + ex.getServer() + " first";
		}
	}

	static void attribute(RestClient client) {
		client.get().uri("/tickets").attribute(RequestAttributes.GRANT, GrantKey.of("api", "alice"));
	}

	static RestTemplate restTemplate(McpOAuthManager manager) {
		RestTemplate template = new RestTemplate();
		template.getInterceptors().add(0, manager.interceptor("api"));
		return template;
	}

	static RestClient withoutInterceptors(RestClient.Builder builder) {
		return builder.requestInterceptors(List::clear).build();
	}

	static HttpClient jdk(McpOAuthManager manager) {
		HttpClient client = manager.httpClient("api", HttpClient.newBuilder()).build();
		return client;
	}

	static McpAsyncClient modernClient(McpOAuthManager manager) {
		HttpClient.Builder builder = manager.httpClient("linear",
				HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1));
		McpAsyncClient client = McpClient
			.async(HttpClientMcpTransport.builder("https://mcp.linear.app/mcp").clientBuilder(builder).build())
			.build();
		return client;
	}

	static WebClient webClient(McpOAuthManager manager) {
		return
		// @formatter:off
		WebClient.builder().baseUrl("https://api.example.com/v1").filter(manager.filter("api")).build();
		// @formatter:on
	}

	static Map<String, String> token(McpOAuthManager manager, URI url) {
		McpOAuthProvider provider = manager.provider(GrantKey.of("api"));
		AccessToken token = provider.token().block();
		Map<String, String> headers = new HashMap<>();
		if (token != null) {
			token.authorize("GET", url, headers::put);
		}
		return headers;
	}

	static void answer(McpOAuthProvider provider, @Nullable AccessToken token, URI url, int status,
			Function<String, List<String>> responseHeaders) {
		if (token != null && token.answered(url, status, responseHeaders)) {
			// Send it once more with the same token: authorize() makes another proof
		}
		else if (status == 401) {
			Recovery recovery = provider.recover(Rejection.of(token, responseHeaders.apply("WWW-Authenticate")))
				.block();
			if (recovery != null && recovery.token() != null) {
				// Send it once more with that token
			}
		}
	}

	interface Tickets {

		@GetExchange("/tickets")
		List<String> all();

	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "api", types = Tickets.class)
	class Clients {

	}

}
