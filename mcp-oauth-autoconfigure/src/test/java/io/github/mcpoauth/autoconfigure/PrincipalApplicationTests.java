// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.http.HttpResponse;
import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.BasicUsers;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.http.MediaType;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.security.task.DelegatingSecurityContextAsyncTaskExecutor;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a call of a user, from a controller behind Spring Security, has that user's
 * own token. The MCP server knows the owner of each token.
 */
class PrincipalApplicationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final int USERS = 40;

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(Clock.systemUTC())
		.accessTokenLifetime(Duration.ofHours(1));

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final Map<Integer, String> owners = new HashMap<>();

	@AfterEach
	void stop() {
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@Test
	void callWhenInAServletApplicationHasTheTokenOfTheUser() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			// Spring MVC hands the user on to the later calls of a chain that it
			// subscribes to
			for (String path : List.of("mono", "chain", "block", "async")) {
				assertThat(BasicUsers.get(context, path, "user1").join().body()).as(path).isEqualTo("done");
				assertThat(BasicUsers.get(context, path, "user2").join().body()).as(path).isEqualTo("done");
			}
			assertEachTokenIsOfItsUser(10);
		}
	}

	@Test
	void callWhenInAReactiveApplicationHasTheTokenOfTheUser() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.REACTIVE)) {
			for (String path : List.of("mono", "chain")) {
				assertThat(BasicUsers.get(context, path, "user1").join().body()).as(path).isEqualTo("done");
				assertThat(BasicUsers.get(context, path, "user2").join().body()).as(path).isEqualTo("done");
			}
			assertEachTokenIsOfItsUser(6);
		}
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void callWhenOnVirtualThreadsHasTheTokenOfTheUser() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET,
				"--spring.threads.virtual.enabled=true")) {
			assertThat(BasicUsers.get(context, "virtual", "user1").join().body()).isEqualTo("true");
			assertManyCallsHaveTheirTokens(context, List.of("mono", "block"));
		}
	}

	@Test
	void callWhenTheExecutorLosesTheUserIsNotSentAndSaysSo() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			// The pool has served a user's call before
			assertThat(BasicUsers.get(context, "plain", "user1").join().body()).contains("was not sent");
			assertThat(BasicUsers.get(context, "plain", "user2").join().body()).contains("plain-1",
					"has no authenticated user", "DelegatingSecurityContextAsyncTaskExecutor",
					"io.github.mcpoauth.principal", "GrantKey.of(\"demo\")");
			assertEachTokenIsOfItsUser(0);
		}
	}

	@Test
	void callWhenItFollowsAnotherCallInABlockedChainNeedsContextPropagation() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			assertThat(BasicUsers.get(context, "blocked-chain", "user1").join().body()).contains("was not sent",
					"spring.reactor.context-propagation");
			assertEachTokenIsOfItsUser(1);
			Hooks.enableAutomaticContextPropagation();
			assertThat(BasicUsers.get(context, "blocked-chain", "user1").join().body()).isEqualTo("done");
			assertThat(BasicUsers.get(context, "blocked-chain", "user2").join().body()).isEqualTo("done");
			assertThat(BasicUsers.get(context, "block", "user2").join().body()).isEqualTo("done");
			assertEachTokenIsOfItsUser(6);
		}
		finally {
			Hooks.disableAutomaticContextPropagation();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void callWhenManyUsersCallAtOnceHasTheTokenOfEach(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			assertManyCallsHaveTheirTokens(context,
					(type == WebApplicationType.SERVLET) ? List.of("mono", "block", "async") : List.of("mono"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "mono", "block" })
	void callWhenUserHasNoGrantIsSentWithoutAToken(String path) {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			this.store.put(GrantKey.of("demo", "user1"), null);
			assertThat(BasicUsers.get(context, path, "user1").join().body()).contains("--principal=user1");
			assertThat(this.mcpServer.http().requests(TestMcpServer.MCP))
				.allSatisfy((request) -> assertThat(request.header("Authorization")).isNull());
		}
	}

	private void assertManyCallsHaveTheirTokens(ConfigurableApplicationContext context, List<String> paths) {
		List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 200)
			.mapToObj((number) -> BasicUsers.get(context, paths.get(number % paths.size()),
					"user" + (1 + number % USERS)))
			.toList();
		assertThat(answers).allSatisfy((answer) -> assertThat(answer.join().body()).isEqualTo("done"));
		assertEachTokenIsOfItsUser(200);
	}

	private void assertEachTokenIsOfItsUser(int sent) {
		List<Request> requests = this.mcpServer.http().requests(TestMcpServer.MCP);
		assertThat(requests).hasSize(sent).allSatisfy((request) -> {
			@Nullable String header = request.header("Authorization");
			String token = Objects.requireNonNull(header).substring("Bearer ".length());
			assertThat(this.owners.get(this.authorizationServer.loginOf(token))).isEqualTo(request.header("Sender"));
		});
	}

	private ConfigurableApplicationContext start(WebApplicationType type, String... arguments) {
		this.store.saveClient(GrantKey.of("demo"), this.authorizationServer.registered("client-1")).block(PATIENCE);
		for (int number = 1; number <= USERS; number++) {
			Grant grant = this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read");
			Integer login = this.authorizationServer.loginOf(grant.accessToken().reveal());
			this.owners.put(Objects.requireNonNull(login), "user" + number);
			this.store.put(GrantKey.of("demo", "user" + number), grant);
		}
		List<String> all = new ArrayList<>(
				List.of("--server.port=0", "--server.address=127.0.0.1", "--spring.main.banner-mode=off",
						"--mcp.servers.demo.url=" + this.mcpServer.url(), "--mcp.oauth.principal.source=security"));
		all.addAll(List.of(arguments));
		return new SpringApplicationBuilder(Application.class).web(type)
			.initializers(
					(GenericApplicationContext context) -> context.registerBean(TokenStore.class, () -> this.store))
			.run(all.toArray(String[]::new));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, SslAutoConfiguration.class,
			HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
			WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class })
	@Import({ BasicUsers.ServletSecurity.class, BasicUsers.ReactiveSecurity.class, Tools.class, Controller.class,
			ServletController.class, Executors.class })
	static class Application {

	}

	/**
	 * The calls of an application.
	 */
	static class Tools {

		private final WebClient client;

		private final String url;

		Tools(WebClient.Builder client, McpServersProperties servers) {
			this.client = client.build();
			this.url = Objects.requireNonNull(Objects.requireNonNull(servers.servers().get("demo")).url());
		}

		Mono<String> call(String sender) {
			return this.client.post()
				.uri(this.url)
				.header("Sender", sender)
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue("""
						{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}""")
				.retrieve()
				.bodyToMono(String.class)
				.thenReturn("done")
				.onErrorResume((ex) -> Mono.just(String.valueOf(ex.getMessage())));
		}

	}

	@RestController
	static class Controller {

		private final Tools tools;

		Controller(Tools tools) {
			this.tools = tools;
		}

		@GetMapping("/mono")
		Mono<String> mono(Principal user) {
			return this.tools.call(user.getName());
		}

		@GetMapping("/chain")
		Mono<String> chain(Principal user) {
			return this.tools.call(user.getName()).flatMap((first) -> this.tools.call(user.getName()));
		}

	}

	@RestController
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class ServletController {

		private final Tools tools;

		private final AsyncTools async;

		ServletController(Tools tools, AsyncTools async) {
			this.tools = tools;
			this.async = async;
		}

		@GetMapping("/block")
		@Nullable String block(Principal user) {
			return this.tools.call(user.getName()).block(PATIENCE);
		}

		@GetMapping("/blocked-chain")
		@Nullable String blockedChain(Principal user) {
			return this.tools.call(user.getName()).flatMap((first) -> this.tools.call(user.getName())).block(PATIENCE);
		}

		@GetMapping("/async")
		CompletableFuture<String> async(Principal user) {
			return this.async.secured(user.getName());
		}

		@GetMapping("/plain")
		CompletableFuture<String> plain(Principal user) {
			return this.async.plain(user.getName());
		}

		@GetMapping("/virtual")
		String virtual() throws ReflectiveOperationException {
			return String.valueOf(Thread.class.getMethod("isVirtual").invoke(Thread.currentThread()));
		}

	}

	/**
	 * Calls on other threads.
	 */
	static class AsyncTools {

		private final Tools tools;

		AsyncTools(Tools tools) {
			this.tools = tools;
		}

		@Async("securedExecutor")
		CompletableFuture<String> secured(String sender) {
			return CompletableFuture.completedFuture(this.tools.call(sender).block(PATIENCE));
		}

		@Async("plainExecutor")
		CompletableFuture<String> plain(String sender) {
			return CompletableFuture.completedFuture(this.tools.call(sender).block(PATIENCE));
		}

	}

	@EnableAsync
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class Executors {

		@Bean
		AsyncTools asyncTools(Tools tools) {
			return new AsyncTools(tools);
		}

		@Bean
		ThreadPoolTaskExecutor plainExecutor() {
			return executor("plain-", 1);
		}

		@Bean
		ThreadPoolTaskExecutor pool() {
			return executor("pool-", 4);
		}

		@Bean
		AsyncTaskExecutor securedExecutor(ThreadPoolTaskExecutor pool) {
			return new DelegatingSecurityContextAsyncTaskExecutor(pool);
		}

		private static ThreadPoolTaskExecutor executor(String name, int size) {
			ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
			executor.setThreadNamePrefix(name);
			executor.setCorePoolSize(size);
			return executor;
		}

	}

}
