// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

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
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.BasicUsers;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestRegistrations;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.restclient.autoconfigure.RestClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
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
import org.springframework.http.MediaType;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.InMemoryReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.ReactiveOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests that a server with {@code oauth.registration} gets the tokens that Spring
 * Security keeps for the application's users. The MCP server knows the owner of each
 * token.
 */
class RegistrationApplicationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

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

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void callWhenUserIsLoggedInWithTheRegistrationHasThatUsersToken(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			logIn(context, "user1", "user2");
			List<String> paths = (type == WebApplicationType.SERVLET) ? List.of("mono", "rest") : List.of("mono");
			for (String path : paths) {
				assertThat(get(context, path, "user1")).isEqualTo("done");
				assertThat(get(context, path, "user2")).isEqualTo("done");
			}
			assertEachTokenIsOfItsUser(2 * paths.size());
			assertThat(this.store.load(GrantKey.of("demo", "user1")).block(PATIENCE))
				.satisfies((stored) -> assertThat(Objects.requireNonNull(stored).grant()).isNull());
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	@DisplayName("A rejected token is renewed once for all callers, by Spring Security's manager, which keeps the new one")
	void callWhenServerRejectsTheTokenIsRecoveredOnce(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			Grant grant = logIn(context, "user1").get(0);
			assertThat(get(context, "mono", "user1")).isEqualTo("done");
			this.authorizationServer.revokeAccessToken(grant.accessToken());
			Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
			List<CompletableFuture<String>> calls = IntStream.range(0, 20)
				.mapToObj((number) -> send(context, "mono", "user1"))
				.toList();
			hold.await(1).release();
			assertThat(calls).allSatisfy((call) -> assertThat(call.join()).isEqualTo("done"));
			assertThat(this.authorizationServer.refreshes()).isOne();
			assertThat(stored(context, "user1").getAccessToken().getTokenValue())
				.isNotEqualTo(grant.accessToken().reveal());
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void toolWhenCalledOnASessionHasThatUsersToken(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			Grant grant = logIn(context, "user1", "user2").get(0);
			for (String user : List.of("user1", "user2", "user1")) {
				this.mcpServer.http().forget();
				assertThat(get(context, "tool", user)).isEqualTo("done");
				assertThat(owners()).isNotEmpty().containsOnly(user);
			}
			this.authorizationServer.revokeAccessToken(grant.accessToken());
			this.mcpServer.http().forget();
			assertThat(get(context, "tool", "user1")).isEqualTo("done");
			assertThat(owners()).containsOnly("user1");
			assertThat(this.authorizationServer.refreshes()).isOne();
		}
	}

	private List<@Nullable String> owners() {
		return this.mcpServer.http()
			.requests(TestMcpServer.MCP)
			.stream()
			.map((request) -> String.valueOf(request.header("Authorization")).replace("Bearer ", ""))
			.map((token) -> this.owners.get(this.authorizationServer.loginOf(token)))
			.toList();
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void pageWhenServerHasARegistrationLinksToTheLoginOfSpringSecurity(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type, "--mcp.oauth.web.enabled=true")) {
			assertThat(get(context, "mcp/connections", "user1"))
				.contains("Not connected", "href=\"../oauth2/authorization/idp\"")
				.doesNotContain("action=\"connections/");
			logIn(context, "user1");
			assertThat(get(context, "mcp/connections", "user1"))
				.contains("data-state=\"connected\"", "href=\"../oauth2/authorization/idp\"")
				.doesNotContain("action=\"connections/");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void callWhenUserIsNotLoggedInNamesTheLoginPageOfSpringSecurity(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			assertThat(get(context, "mono", "user1")).contains("requires re-authentication", "registration 'idp'",
					"/oauth2/authorization/idp");
			assertThat(get(context, "status", "user1")).isEqualTo("LOGIN_REQUIRED");
			assertThat(this.mcpServer.http().count(TestMcpServer.MCP)).isZero();
			logIn(context, "user1");
			assertThat(get(context, "mono", "user1")).isEqualTo("done");
			assertThat(get(context, "status", "user1")).isEqualTo("AUTHORIZED");
			ServerStatus own = status(context, GrantKey.of("demo"));
			assertThat(own.state()).isEqualTo(State.AUTHORIZED);
			assertThat(own.explanation().reason()).contains("registration 'idp' of Spring Security");
			assertThat(own.principals()).isEqualTo(new ServerStatus.Principals(1, 0));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	@DisplayName("A server that rejects every token costs one renewal, not one for each call")
	void callWhenServerRejectsEveryTokenStopsRenewing(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			logIn(context, "user1");
			this.mcpServer.http()
				.handle(TestMcpServer.MCP, (request) -> Response.json(401, Map.of("error", "invalid_token")));
			for (int call = 0; call < 5; call++) {
				assertThat(get(context, "mono", "user1")).contains("rejects its token");
			}
			assertThat(this.authorizationServer.refreshes()).isOne();
			// The token and the one that replaced it: the later calls are not sent
			assertThat(this.mcpServer.http().count(TestMcpServer.MCP)).isEqualTo(2);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void callWhenAuthorizationServerIsDownWaitsBeforeItAsksAgain(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type)) {
			Grant grant = logIn(context, "user1").get(0);
			this.authorizationServer.revokeAccessToken(grant.accessToken());
			this.authorizationServer.http()
				.handle(TestAuthorizationServer.TOKEN, (request) -> Response.of(503, "text/plain", "down"));
			this.authorizationServer.http().forget();
			// The pauses grow, so that even calls that take long meet them
			int calls = 12;
			for (int call = 0; call < calls; call++) {
				assertThat(get(context, "mono", "user1")).contains("Spring Security got no token");
			}
			assertThat(this.authorizationServer.http().count(TestAuthorizationServer.TOKEN)).isBetween(1, calls / 2);
			assertThat(get(context, "status", "user1")).isEqualTo("REFRESH_FAILING");
			assertThat(stored(context, "user1").getRefreshToken()).isNotNull();
		}
	}

	@Test
	void callWhenRefreshTokenIsRefusedRequiresALogin() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			Grant grant = logIn(context, "user1").get(0);
			this.authorizationServer.revokeGrant(Objects.requireNonNull(grant.refreshToken()));
			assertThat(get(context, "rest", "user1")).contains("requires re-authentication", "invalid_grant",
					"/oauth2/authorization/idp");
			logIn(context, "user1");
			assertThat(get(context, "rest", "user1")).isEqualTo("done");
		}
	}

	@Test
	@DisplayName("The name of a user is not enough: the token is given to requests of that user")
	void requestWhenItNamesAUserThatItIsNotForIsNotSent() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.SERVLET)) {
			logIn(context, "user1");
			Mono<String> call = context.getBean(WebClient.Builder.class)
				.build()
				.get()
				.uri(this.mcpServer.url())
				.attribute(RequestAttributes.GRANT, GrantKey.of("demo", "user1"))
				.retrieve()
				.bodyToMono(String.class);
			assertThatThrownBy(() -> call.block(PATIENCE)).isInstanceOf(PrincipalRequiredException.class)
				.hasMessageContaining("the request has no user of Spring Security");
			assertThat(get(context, "mono", "user1")).isEqualTo("done");
			this.mcpServer.http().forget();
			Authentication other = UsernamePasswordAuthenticationToken.authenticated("user2", null, List.of());
			assertThatThrownBy(
					() -> call.contextWrite(ReactiveSecurityContextHolder.withAuthentication(other)).block(PATIENCE))
				.isInstanceOf(PrincipalRequiredException.class)
				.hasMessageContaining("not the one that the grant belongs to");
			assertThat(this.mcpServer.http().count(TestMcpServer.MCP)).isZero();
		}
	}

	@Test
	void tokenWhenRegistrationIsOfTheApplicationNeedsNoUser() {
		this.authorizationServer.client("client-1", "client-secret");
		runner(ClientRegistration.withRegistrationId("idp")
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.clientId("client-1")
			.clientSecret("client-secret")
			.tokenUri(this.authorizationServer.tokenEndpoint().toString())
			.build()).withPropertyValues("mcp.servers.demo.oauth.registration=idp").run((context) -> {
				McpOAuthManager manager = context.getBean(McpOAuthManager.class);
				assertThat(manager.provider(GrantKey.of("demo")).token().block(PATIENCE)).isNotNull();
				assertThat(this.authorizationServer.tokenRequests("client_credentials")).hasSize(1);
				assertThat(manager.provider(GrantKey.of("demo")).token().block(PATIENCE)).isNotNull();
				assertThat(this.authorizationServer.tokenRequests("client_credentials")).hasSize(1);
			});
	}

	@Test
	void startWhenRegistrationIsUnknownNamesThoseThatExist() {
		runner(registration())
			.withPropertyValues("mcp.servers.demo.oauth.registration=ipd", "mcp.oauth.principal.source=security")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidMcpConfigurationException.class,
						(ex) -> assertThat(ex.getProblems()).singleElement().satisfies((problem) -> {
							assertThat(problem.property()).isEqualTo("mcp.servers.demo.oauth.registration");
							assertThat(problem.reason()).contains("there is no client registration 'ipd'");
							assertThat(problem.action()).contains("or use one of these: 'idp'");
						})));
	}

	@Test
	void startWhenRequestsAreNotForUsersFails() {
		runner(registration()).withPropertyValues("mcp.servers.demo.oauth.registration=idp")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("mcp.servers.demo.oauth.registration")
				.hasMessageContaining("belong to users, and requests are not made for users"));
	}

	@Test
	void startWhenAnotherSettingOfAClientIsThereFails() {
		runner(registration())
			.withPropertyValues("mcp.servers.demo.oauth.registration=idp", "mcp.oauth.principal.source=security",
					"mcp.servers.demo.oauth.client-id=mine",
					"mcp.servers.demo.oauth.authorize-parameters.prompt=consent")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("mcp.servers.demo.oauth.client-id")
				.hasMessageContaining("mcp.servers.demo.oauth.authorize-parameters")
				.hasMessageContaining("Spring Security obtains the tokens"));
	}

	@Test
	void startWhenSpringSecuritysClientIsAbsentFailsOnlyWithTheProperty() {
		ApplicationContextRunner runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class))
			.withBean(TokenStore.class, () -> this.store)
			.withPropertyValues("mcp.servers.demo.url=" + this.mcpServer.url())
			.withClassLoader(new FilteredClassLoader("org.springframework.security"));
		runner.run((context) -> assertThat(context).hasNotFailed());
		runner.withPropertyValues("mcp.servers.demo.oauth.registration=idp")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("Spring Security's OAuth 2.0 client is not on the classpath"));
	}

	private ApplicationContextRunner runner(ClientRegistration registration) {
		InMemoryClientRegistrationRepository repository = new InMemoryClientRegistrationRepository(registration);
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class))
			.withBean(TokenStore.class, () -> this.store)
			.withBean(ClientRegistrationRepository.class, () -> repository)
			.withBean(OAuth2AuthorizedClientService.class, () -> new InMemoryOAuth2AuthorizedClientService(repository))
			.withPropertyValues("mcp.servers.demo.url=" + this.mcpServer.url());
	}

	private void assertEachTokenIsOfItsUser(int sent) {
		List<Request> requests = this.mcpServer.http().requests(TestMcpServer.MCP);
		assertThat(requests).hasSize(sent).allSatisfy((request) -> {
			@Nullable String header = request.header("Authorization");
			String token = Objects.requireNonNull(header).substring("Bearer ".length());
			assertThat(this.owners.get(this.authorizationServer.loginOf(token))).isEqualTo(request.header("Sender"));
		});
	}

	private String get(ConfigurableApplicationContext context, String path, String user) {
		return send(context, path, user).join();
	}

	private CompletableFuture<String> send(ConfigurableApplicationContext context, String path, String user) {
		return BasicUsers.get(context, path, user).thenApply((answer) -> answer.body());
	}

	private static ServerStatus status(ConfigurableApplicationContext context, GrantKey key) {
		return Objects.requireNonNull(context.getBean(McpOAuthManager.class).provider(key).status().block(PATIENCE));
	}

	/**
	 * Do what a login with the registration does: keep the tokens.
	 */
	private List<Grant> logIn(ConfigurableApplicationContext context, String... users) {
		this.authorizationServer.client("client-1", "client-secret");
		List<Grant> grants = new ArrayList<>();
		for (String user : users) {
			Grant grant = this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read");
			this.owners.put(Objects.requireNonNull(this.authorizationServer.loginOf(grant.accessToken().reveal())),
					user);
			OAuth2AuthorizedClient client = new OAuth2AuthorizedClient(registration(), user,
					new OAuth2AccessToken(TokenType.BEARER, grant.accessToken().reveal(), grant.issuedAt(),
							grant.expiresAt(), grant.scope()),
					new OAuth2RefreshToken(Objects.requireNonNull(grant.refreshToken()).reveal(), grant.issuedAt()));
			Authentication authentication = UsernamePasswordAuthenticationToken.authenticated(user, null, List.of());
			context.getBeanProvider(OAuth2AuthorizedClientService.class)
				.ifAvailable((service) -> service.saveAuthorizedClient(client, authentication));
			context.getBeanProvider(ReactiveOAuth2AuthorizedClientService.class)
				.ifAvailable((service) -> service.saveAuthorizedClient(client, authentication).block(PATIENCE));
			grants.add(grant);
		}
		return grants;
	}

	private static OAuth2AuthorizedClient stored(ConfigurableApplicationContext context, String user) {
		OAuth2AuthorizedClientService service = context.getBeanProvider(OAuth2AuthorizedClientService.class)
			.getIfAvailable();
		OAuth2AuthorizedClient client = (service != null) ? service.loadAuthorizedClient("idp", user)
				: context.getBean(ReactiveOAuth2AuthorizedClientService.class)
					.loadAuthorizedClient("idp", user)
					.block(PATIENCE);
		return Objects.requireNonNull(client);
	}

	private ClientRegistration registration() {
		return TestRegistrations.idp(this.authorizationServer);
	}

	private ConfigurableApplicationContext start(WebApplicationType type, String... arguments) {
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.main.banner-mode=off", "--mcp.servers.demo.url=" + this.mcpServer.url(),
				"--mcp.servers.demo.oauth.registration=idp", "--mcp.oauth.principal.source=security"));
		all.addAll(List.of(arguments));
		return new SpringApplicationBuilder(Application.class).web(type)
			.initializers((GenericApplicationContext context) -> {
				context.registerBean(TokenStore.class, () -> this.store);
				context.registerBean(ClientRegistration.class, this::registration);
			})
			.run(all.toArray(String[]::new));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, SslAutoConfiguration.class,
			HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
			WebClientAutoConfiguration.class, RestClientAutoConfiguration.class, McpOAuthAutoConfiguration.class,
			McpSessionAutoConfiguration.class, McpOAuthWebAutoConfiguration.class })
	@Import({ BasicUsers.ServletSecurity.class, BasicUsers.ReactiveSecurity.class, ServletLogins.class,
			ReactiveLogins.class, Controller.class, ServletController.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class ServletLogins {

		@Bean
		InMemoryClientRegistrationRepository registrations(ClientRegistration registration) {
			return new InMemoryClientRegistrationRepository(registration);
		}

		@Bean
		OAuth2AuthorizedClientService clients(ClientRegistrationRepository registrations) {
			return new InMemoryOAuth2AuthorizedClientService(registrations);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	static class ReactiveLogins {

		@Bean
		InMemoryReactiveClientRegistrationRepository registrations(ClientRegistration registration) {
			return new InMemoryReactiveClientRegistrationRepository(registration);
		}

		@Bean
		ReactiveOAuth2AuthorizedClientService clients(ReactiveClientRegistrationRepository registrations) {
			return new InMemoryReactiveOAuth2AuthorizedClientService(registrations);
		}

	}

	@RestController
	static class Controller {

		private final WebClient client;

		private final McpOAuthManager manager;

		private final McpToolClient tools;

		Controller(WebClient.Builder client, McpOAuthManager manager, McpToolClient tools) {
			this.client = client.build();
			this.manager = manager;
			this.tools = tools;
		}

		@GetMapping("/mono")
		Mono<String> mono(Principal user) {
			return this.client.post()
				.uri(this.manager.servers().iterator().next().url())
				.header("Sender", user.getName())
				.contentType(MediaType.APPLICATION_JSON)
				.bodyValue(ServletController.CALL)
				.retrieve()
				.bodyToMono(String.class)
				.thenReturn("done")
				.onErrorResume((ex) -> Mono.just(String.valueOf(ex.getMessage())));
		}

		@GetMapping("/tool")
		Mono<String> tool() {
			return this.tools.callTool("demo", "echo", Map.of())
				.thenReturn("done")
				.onErrorResume((ex) -> Mono.just(String.valueOf(ex.getMessage())));
		}

		@GetMapping("/status")
		Mono<String> status() {
			return this.manager.providerFor("demo")
				.flatMap((provider) -> provider.status())
				.map((status) -> status.state().name());
		}

	}

	@RestController
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class ServletController {

		static final String CALL = """
				{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}""";

		private final RestClient client;

		private final McpOAuthManager manager;

		ServletController(RestClient.Builder client, McpOAuthManager manager) {
			this.client = client.build();
			this.manager = manager;
		}

		@GetMapping("/rest")
		String rest(Principal user) {
			try {
				this.client.post()
					.uri(this.manager.servers().iterator().next().url())
					.header("Sender", user.getName())
					.contentType(MediaType.APPLICATION_JSON)
					.body(CALL)
					.retrieve()
					.toBodilessEntity();
				return "done";
			}
			catch (RuntimeException ex) {
				return String.valueOf(ex.getMessage());
			}
		}

	}

}
