// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.session.McpCallException;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a caller of an application gets the problem of an exception that a
 * controller lets through.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpOAuthExceptionAdviceTests {

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void answerWhenControllerLetsAnExceptionThroughIsItsProblem(WebApplicationType type, CapturedOutput output)
			throws Exception {
		try (ConfigurableApplicationContext context = start(type)) {
			for (String way : new String[] { "thrown", "mono" }) {
				HttpResponse<String> login = get(context, way, "login");
				assertThat(login.statusCode()).isEqualTo(409);
				assertThat(login.headers().firstValue("Content-Type").orElseThrow())
					.startsWith("application/problem+json");
				assertThat(login.body())
					.contains("\"title\":\"Login required\"", "\"kind\":\"login_required\"", "\"server\":\"demo\"",
							"\"action\":\"mcp login demo --principal=alice\"")
					.doesNotContain("Do NOT retry", "trace");
				assertThat(get(context, way, "user").statusCode()).isEqualTo(401);
				HttpResponse<String> later = get(context, way, "later");
				assertThat(later.statusCode()).isEqualTo(503);
				assertThat(later.headers().firstValue("Retry-After")).hasValue("7");
				assertThat(get(context, way, "store").statusCode()).isEqualTo(503);
				assertThat(get(context, way, "protocol").statusCode()).isEqualTo(502);
				assertThat(get(context, way, "configuration").statusCode()).isEqualTo(500);
				HttpResponse<String> paused = get(context, way, "paused");
				assertThat(paused.statusCode()).isEqualTo(503);
				assertThat(paused.headers().firstValue("Retry-After")).hasValue("60");
				assertThat(get(context, way, "other").statusCode()).isEqualTo(500);
			}
			assertThat(output).contains("no user is known").doesNotContain("\tat ", "denied");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void actionWhenThePageIsOnNamesItsAddress(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext context = start(type, "--mcp.oauth.web.enabled=true",
				"--mcp.oauth.web.external-url=https://agent.example/app", "--mcp.oauth.web.allow-unprotected=true")) {
			assertThat(get(context, "mono", "login").body())
				.contains("\"action\":\"Connect it at https://agent.example/app/mcp/connections\"")
				.doesNotContain("mcp login");
			McpServer server = context.getBean(McpOAuthManager.class).servers().iterator().next();
			LoginRequiredException required = new LoginRequiredException(server, server.key("alice"),
					"no user has logged in");
			assertThat(required.needsReauth().error()).isEqualTo("""
					MCP server 'demo' requires re-authentication: no user has logged in. \
					Connect it at https://agent.example/app/mcp/connections. \
					Do NOT retry this tool: ask the user to re-authenticate.""");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void actionWhenThePageHasNoKnownAddressNamesItsPath(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext context = start(type, "--mcp.oauth.web.enabled=true")) {
			assertThat(get(context, "thrown", "login").body())
				.contains("Connect it at /mcp/connections of this application");
		}
	}

	private static HttpResponse<String> get(ConfigurableApplicationContext context, String way, String failure)
			throws Exception {
		URI uri = URI.create("http://127.0.0.1:%s/%s/%s"
			.formatted(context.getEnvironment().getRequiredProperty("local.server.port"), way, failure));
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).build(), BodyHandlers.ofString());
	}

	private static ConfigurableApplicationContext start(WebApplicationType type, String... arguments) {
		String[] all = new String[arguments.length + 3];
		System.arraycopy(arguments, 0, all, 0, arguments.length);
		all[arguments.length] = "--server.port=0";
		all[arguments.length + 1] = "--server.address=127.0.0.1";
		all[arguments.length + 2] = "--mcp.servers.demo.url=http://127.0.0.1:1/mcp";
		return new SpringApplicationBuilder(Application.class).web(type).run(all);
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, JacksonAutoConfiguration.class,
			HttpMessageConvertersAutoConfiguration.class, CodecsAutoConfiguration.class,
			HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
			WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class, McpOAuthWebAutoConfiguration.class })
	@Import(Controller.class)
	static class Application {

	}

	/**
	 * Lets all exceptions through.
	 */
	@RestController
	static class Controller {

		private final McpServer server;

		Controller(McpOAuthManager manager) {
			this.server = Objects.requireNonNull(manager.servers().iterator().next());
		}

		@GetMapping("/thrown/{failure}")
		String thrown(@PathVariable("failure") String failure) {
			throw failure(failure);
		}

		@GetMapping("/mono/{failure}")
		Mono<String> mono(@PathVariable("failure") String failure) {
			return Mono.error(failure(failure));
		}

		private McpOAuthException failure(String name) {
			return switch (name) {
				case "login" ->
					new LoginRequiredException(this.server, GrantKey.of("demo", "alice"), "no user has logged in");
				case "user" -> new PrincipalRequiredException("demo", "no user is known", null);
				case "later" ->
					new TransientAuthorizationException("demo", "it is denied", Duration.ofMillis(6500), null);
				case "store" -> new TokenStoreException("demo", "The store is away", null);
				case "protocol" -> new LoginException("demo", LoginException.Reason.PROTOCOL, "not JSON");
				case "configuration" -> new LoginException("demo", LoginException.Reason.CONFIGURATION, "no port");
				case "paused" -> new McpCallException("demo", McpCallException.Reason.UNAVAILABLE, "paused", null,
						Duration.ofMinutes(1), null);
				default -> new McpOAuthException("demo", "something else");
			};
		}

	}

}
