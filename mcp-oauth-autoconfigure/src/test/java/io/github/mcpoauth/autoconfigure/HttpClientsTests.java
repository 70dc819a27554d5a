// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.imperative.ImperativeHttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.service.HttpServiceClientPropertiesAutoConfiguration;
import org.springframework.boot.restclient.RestTemplateBuilder;
import org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration;
import org.springframework.boot.restclient.autoconfigure.RestTemplateAutoConfiguration;
import org.springframework.boot.restclient.autoconfigure.service.HttpServiceClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.service.ReactiveHttpServiceClientAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.service.annotation.PostExchange;
import org.springframework.web.service.registry.HttpServiceGroup.ClientType;
import org.springframework.web.service.registry.ImportHttpServices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The HTTP clients of an application, each as Spring Boot offers it, over real HTTP.
 */
class HttpClientsTests {

	private final TestHttpServer http = TestHttpServer.start();

	private final TestHttpServer elsewhere = TestHttpServer.start();

	private final ScriptedManager manager = ScriptedManager.of("demo", this.http.url("/mcp"));

	private final ApplicationContextRunner runner;

	HttpClientsTests(@TempDir Path directory) {
		this.runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, SslAutoConfiguration.class,
					HttpClientAutoConfiguration.class, ImperativeHttpClientAutoConfiguration.class,
					ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
					RestClientAutoConfiguration.class, RestTemplateAutoConfiguration.class,
					HttpServiceClientPropertiesAutoConfiguration.class, HttpServiceClientAutoConfiguration.class,
					ReactiveHttpServiceClientAutoConfiguration.class))
			.withBean(McpOAuthManager.class, () -> this.manager)
			.withUserConfiguration(Groups.class)
			.withPropertyValues("mcp.oauth.store.file.directory=" + directory.resolve("tokens"),
					"spring.http.serviceclient.blocking.base-url=" + this.http.url(),
					"spring.http.serviceclient.reactive.base-url=" + this.http.url());
	}

	@BeforeEach
	void hold() {
		this.manager.hold("token");
		this.http.handle("/mcp", Answer.of(200, "text/plain", "hello"));
	}

	@AfterEach
	void stop() {
		this.http.close();
		this.elsewhere.close();
	}

	@ParameterizedTest
	@EnumSource
	void requestWhenUnauthorizedIsRecoveredOnceByEachClient(Client client) {
		this.http.next("/mcp", Answer.status(401));
		this.manager.recoverWith("other");
		this.runner.run((context) -> {
			assertThat(client.post(context, this.http)).isEqualTo("hello");
			assertThat(this.http.requests("/mcp")).extracting((request) -> request.header("Authorization"))
				.containsExactly("Bearer token", "Bearer other");
			assertThat(this.http.requests("/mcp")).extracting(Request::body).containsOnly("{}");
		});
	}

	@ParameterizedTest
	@EnumSource
	void requestWhenItFailsFailsWithOurExceptionInEachClient(Client client) {
		this.http.handle("/mcp", Answer.status(401));
		this.manager.recoverWith(Recovery.reauthorize("for a test"));
		this.runner.run((context) -> assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> client.post(context, this.http))
			.withNoCause());
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("Law 11: no client follows a redirect with a token, although its connections do")
	void requestWhenRedirectedElsewhereFailsInEachClient(Client client) {
		this.http.handle("/mcp", redirect(this.elsewhere.url("/mcp").toString()));
		this.elsewhere.handle("/mcp", Answer.of(200, "text/plain", "stolen"));
		this.runner.run((context) -> assertThatExceptionOfType(McpOAuthException.class)
			.isThrownBy(() -> client.post(context, this.http))
			.withMessageContaining("mcp.servers.demo.url"));
		assertThat(this.elsewhere.requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdk", "reactor", "simple" })
	@DisplayName("Law 11: whichever library is below, it follows redirects of other servers only")
	void requestWhenElsewhereIsRedirectedAsEver(String factory) {
		this.elsewhere.handle("/a", redirect("/b"));
		this.elsewhere.handle("/b", Answer.of(200, "text/plain", "followed"));
		this.http.handle("/mcp", redirect(this.elsewhere.url("/b").toString()));
		this.runner.withPropertyValues("spring.http.clients.imperative.factory=" + factory).run((context) -> {
			RestClient client = context.getBean(RestClient.Builder.class).build();
			assertThat(client.get().uri(this.elsewhere.url("/a")).retrieve().body(String.class)).isEqualTo("followed");
			assertThatExceptionOfType(McpOAuthException.class)
				.isThrownBy(() -> client.get().uri(this.http.url("/mcp")).retrieve().body(String.class));
		});
		assertThat(this.elsewhere.requests()).extracting((request) -> request.header("Authorization"))
			.containsOnlyNulls();
		assertThat(this.elsewhere.count("/b")).isEqualTo(1);
	}

	private static Answer redirect(String location) {
		return Answer.of(new Response(307, Map.of("Location", List.of(location)), "", Response.Kind.COMPLETE));
	}

	@Test
	void builderWhenItIsTheApplicationsOwnGetsTokensToo() {
		this.runner.withBean("own", RestClient.Builder.class, RestClient::builder).run((context) -> {
			RestClient.Builder builder = context.getBean("own", RestClient.Builder.class)
				.requestFactory(new SimpleClientHttpRequestFactory());
			builder.clone().build().get().uri(this.http.url("/mcp")).retrieve().toBodilessEntity();
			assertThat(this.http.requests()).singleElement()
				.satisfies((request) -> assertThat(request.header("Authorization")).isEqualTo("Bearer token"));
		});
	}

	@Test
	void applicationWhenTheRestClientModuleIsAbsentStarts(@TempDir Path directory) {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, SslAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.restclient"))
			.withPropertyValues("mcp.oauth.store.file.directory=" + directory.resolve("tokens"))
			.withBean(McpOAuthManager.class, () -> this.manager)
			.withBean("own", RestClient.Builder.class, RestClient::builder)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				RestClient client = context.getBean(RestClient.Builder.class).build();
				assertThat(client.get().uri(this.http.url("/mcp")).retrieve().body(String.class)).isEqualTo("hello");
				assertThat(this.http.requests()).singleElement()
					.satisfies((request) -> assertThat(request.header("Authorization")).isEqualTo("Bearer token"));
			});
	}

	@Test
	void interceptorWhenOAuthIsOffIsAbsent() {
		this.runner.withPropertyValues("mcp.oauth.enabled=false").run((context) -> {
			context.getBean(RestClient.Builder.class)
				.build()
				.get()
				.uri(this.http.url("/mcp"))
				.retrieve()
				.toBodilessEntity();
			assertThat(this.http.requests()).singleElement()
				.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
		});
	}

	/**
	 * The ways to an HTTP client.
	 */
	@SuppressWarnings("ImmutableEnumChecker") // The functions have no state
	enum Client {

		WEB_CLIENT((context) -> (url) -> context.getBean(WebClient.Builder.class)
			.build()
			.post()
			.uri(url)
			.bodyValue("{}")
			.retrieve()
			.bodyToMono(String.class)
			.block()),

		REST_CLIENT((context) -> (url) -> context.getBean(RestClient.Builder.class)
			.build()
			.post()
			.uri(url)
			.body("{}")
			.retrieve()
			.body(String.class)),

		REST_TEMPLATE((context) -> (
				url) -> context.getBean(RestTemplateBuilder.class).build().postForObject(url, "{}", String.class)),

		HTTP_INTERFACE((context) -> (url) -> context.getBean(Blocking.class).call("{}")),

		REACTIVE_HTTP_INTERFACE((context) -> (url) -> context.getBean(Reactive.class).call("{}"));

		private final Function<ApplicationContext, Function<String, @Nullable String>> call;

		Client(Function<ApplicationContext, Function<String, @Nullable String>> call) {
			this.call = call;
		}

		@Nullable String post(ApplicationContext context, TestHttpServer server) {
			return this.call.apply(context).apply(server.url("/mcp").toString());
		}

	}

	interface Blocking {

		@PostExchange("/mcp")
		String call(@RequestBody String body);

	}

	interface Reactive {

		@PostExchange("/mcp")
		String call(@RequestBody String body);

	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "blocking", types = Blocking.class, clientType = ClientType.REST_CLIENT)
	@ImportHttpServices(group = "reactive", types = Reactive.class, clientType = ClientType.WEB_CLIENT)
	static class Groups {

	}

}
