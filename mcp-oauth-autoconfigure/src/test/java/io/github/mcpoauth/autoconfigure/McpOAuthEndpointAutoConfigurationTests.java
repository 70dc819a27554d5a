// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.jayway.jsonpath.JsonPath;
import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.actuate.McpOAuthEndpoint;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.Action;
import io.github.mcpoauth.actuate.McpOAuthEndpointWebExtension;
import io.github.mcpoauth.actuate.McpOAuthPrincipalsEndpoint;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.annotation.ReflectiveRuntimeHintsRegistrar;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link McpOAuthEndpointAutoConfiguration} and {@link McpOAuthEndpoint} in
 * whole applications, reactive, servlet and neither.
 */
class McpOAuthEndpointAutoConfigurationTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final List<String> answers = new ArrayList<>();

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void endpointWhenActuatorIsAbsentIsAbsentToo() {
		runner().withClassLoader(new FilteredClassLoader(ConditionalOnAvailableEndpoint.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(McpOAuthEndpointAutoConfiguration.class));
	}

	@Test
	void endpointWhenNotExposedIsAbsent() {
		runner().run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpOAuthEndpoint.class));
	}

	@Test
	void endpointWhenExposedByJmxOnlyHasNoWebExtension() {
		runner().withPropertyValues("spring.jmx.enabled=true", "management.endpoints.jmx.exposure.include=mcpoauth")
			.run((context) -> assertThat(context).hasSingleBean(McpOAuthEndpoint.class)
				.doesNotHaveBean(McpOAuthEndpointWebExtension.class));
	}

	@Test
	void endpointWhenAccessIsNoneIsAbsent() {
		runner()
			.withPropertyValues("management.endpoints.web.exposure.include=*",
					"management.endpoint.mcpoauth.access=NONE")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpOAuthEndpoint.class));
	}

	@Test
	void serverWhenAddressWaitsShowsItAndTakesTheDecision() {
		runner().withPropertyValues("management.endpoints.web.exposure.include=*")
			.withBean(QuestionRegistry.class,
					() -> new QuestionRegistry(null, new QuestionSettings(Duration.ofMinutes(5), true, null),
							Clock.systemUTC(), McpOAuthListener.none(), WorkThreads.shared(), null))
			.run((context) -> {
				QuestionRegistry questions = context.getBean(QuestionRegistry.class);
				McpOAuthEndpoint endpoint = context.getBean(McpOAuthEndpoint.class);
				Question.Url question = new Question.Url("q1", this.fixture.key, "report", "Log in", Instant.MAX,
						QuestionUrl.of("https://login.example.com/a?state=s1"));
				assertThat(questions.ask(question).blockOptional(ManagerFixture.PATIENCE)).isEmpty();
				assertThat(endpoint.server("github", "alice")
					.blockOptional(ManagerFixture.PATIENCE)
					.orElseThrow()
					.questions()).isEmpty();
				assertThat(endpoint.server("github", null)
					.blockOptional(ManagerFixture.PATIENCE)
					.orElseThrow()
					.questions()).singleElement().satisfies((shown) -> {
						assertThat(shown.url()).isEqualTo("https://login.example.com/a?state=s1");
						assertThat(shown.domain()).isEqualTo("login.example.com");
						assertThat(shown.toString()).doesNotContain("s1");
					});
				assertThatIllegalArgumentException()
					.isThrownBy(() -> endpoint.perform("github", Action.ACCEPT, null, "q1", null, "alice").block());
				endpoint.perform("github", Action.ACCEPT, null, "q1", null, null).block();
				assertThat(questions.ask(question).blockOptional(ManagerFixture.PATIENCE)).contains(Answer.accept());
			});
	}

	@Test
	void hintsWhenProcessedAheadOfTimeCoverAllAnswers() {
		RuntimeHints hints = new RuntimeHints();
		new ReflectiveRuntimeHintsRegistrar().registerRuntimeHints(hints, McpOAuthEndpointAutoConfiguration.class,
				McpOAuthEndpoint.class, McpOAuthEndpointWebExtension.class);
		assertThat(List.of(McpOAuthEndpoint.ServersDescriptor.class, McpOAuthEndpoint.ServerDescriptor.class,
				McpOAuthEndpoint.FlowDescriptor.class, McpOAuthEndpoint.LoginDescriptor.class,
				McpOAuthEndpoint.RevocationDescriptor.class, McpOAuthEndpoint.QuestionDescriptor.class,
				McpOAuthEndpointWebExtension.FailureDescriptor.class))
			.allMatch((type) -> RuntimeHintsPredicates.reflection()
				.onType(type)
				.withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS)
				.test(hints))
			.allMatch((type) -> Arrays.stream(type.getRecordComponents())
				.allMatch((component) -> RuntimeHintsPredicates.reflection()
					.onMethodInvocation(component.getAccessor())
					.test(hints)));
		for (Class<?> endpoint : List.of(McpOAuthEndpoint.class, McpOAuthEndpointWebExtension.class)) {
			assertThat(Arrays.stream(endpoint.getDeclaredMethods())
				.filter((method) -> Modifier.isPublic(method.getModifiers()))).isNotEmpty()
				.allMatch((method) -> RuntimeHintsPredicates.reflection().onMethodInvocation(method).test(hints));
		}
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner().withBean(McpOAuthManager.class, () -> this.fixture.manager)
			.withConfiguration(AutoConfigurations.of(McpOAuthEndpointAutoConfiguration.class));
	}

	@Test
	void principalsWhenEverythingIsExposedAreAbsentUntilAccessIsGiven() {
		ApplicationContextRunner all = runner().withPropertyValues("management.endpoints.web.exposure.include=*");
		all.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpOAuthPrincipalsEndpoint.class));
		all.withPropertyValues("management.endpoint.mcpoauthprincipals.access=READ_ONLY")
			.run((context) -> assertThat(context).hasSingleBean(McpOAuthPrincipalsEndpoint.class));
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void principalsWhenReadAnswersPagesOfGrants(WebApplicationType type) throws Exception {
		for (String principal : List.of("alice", "bob", "carol")) {
			this.fixture.grant(GrantKey.of("github", principal));
		}
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauthprincipals.access=read-only")) {
			String first = send(application, "GET", "/mcpoauthprincipals?server=github&limit=2", null).body();
			assertThat(JsonPath.<List<String>>read(first, "$.grants[*].principal")).containsExactly("alice", "bob");
			assertThat(JsonPath.<List<Boolean>>read(first, "$.grants[*].grant")).containsExactly(true, true);
			String second = send(application, "GET",
					"/mcpoauthprincipals?server=github&limit=2&after=" + JsonPath.<String>read(first, "$.next"), null)
				.body();
			assertThat(JsonPath.<List<String>>read(second, "$.grants[*].principal")).containsExactly("carol");
			assertThat(second).doesNotContain("next\":\"");
			assertThat(send(application, "GET", "/mcpoauthprincipals?principal=bob", null).body()).contains("bob")
				.doesNotContain("alice");
			for (String wrong : List.of("limit=0", "limit=1001", "limit=x", "principal=", "server=")) {
				assertThat(send(application, "GET", "/mcpoauthprincipals?" + wrong, null).statusCode()).as(wrong)
					.isEqualTo(400);
			}
			assertThat(send(application, "DELETE", "/mcpoauthprincipals?principal=bob", null).statusCode()).isIn(404,
					405);
			assertThat(this.fixture.store.get(GrantKey.of("github", "bob"))).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void principalsWhenOneIsRemovedAnswersTheOutcomeAtEachServer(WebApplicationType type) throws Exception {
		this.fixture.grant(GrantKey.of("github", "alice"));
		this.fixture.grant(GrantKey.of("github", "bob"));
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauthprincipals.access=unrestricted")) {
			assertThat(send(application, "DELETE", "/mcpoauthprincipals", null).statusCode()).isEqualTo(400);
			HttpResponse<String> removed = send(application, "DELETE", "/mcpoauthprincipals?principal=alice", null);
			assertThat(removed.statusCode()).isEqualTo(200);
			assertThat(JsonPath.<Boolean>read(removed.body(), "$.complete")).isTrue();
			assertThat(JsonPath.<List<String>>read(removed.body(), "$.servers[*].outcome")).containsExactly("REVOKED");
			assertThat(send(application, "GET", "/mcpoauthprincipals", null).body()).contains("bob")
				.doesNotContain("alice");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void endpointWhenNotUnrestrictedReadsOnly(WebApplicationType type) throws Exception {
		this.fixture.grant();
		try (ConfigurableApplicationContext application = start(type)) {
			assertThat(send(application, "GET", "/mcpoauth/github", null).statusCode()).isEqualTo(200);
			assertThat(send(application, "POST", "/mcpoauth/github/refresh", "{}").statusCode()).isIn(404, 405);
			assertThat(send(application, "DELETE", "/mcpoauth/github", null).statusCode()).isIn(404, 405);
			assertThat(this.fixture.authorizationServer.http().requests()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void readWhenServersAreInDifferentStatesTellsThemWithoutSecrets(WebApplicationType type) throws Exception {
		Grant grant = this.fixture.grant();
		this.fixture.manager.add(McpServer.of("other", URI.create("https://other.example/mcp?key=api-key")));
		try (ConfigurableApplicationContext application = start(type)) {
			String list = send(application, "GET", "/mcpoauth", null).body();
			assertThat(JsonPath.<List<String>>read(list, "$.servers[*].server")).containsExactly("github", "other");
			assertThat(JsonPath.<List<String>>read(list, "$.servers[*].state")).containsExactly("AUTHORIZED",
					"LOGIN_REQUIRED");
			Map<String, Object> github = JsonPath.read(send(application, "GET", "/mcpoauth/github", null).body(), "$");
			assertThat(github).containsEntry("issuer", this.fixture.authorizationServer.issuer())
				.containsEntry("clientId", "client-1")
				.containsEntry("refreshTokenPresent", true)
				.containsEntry("scopes", List.of("read"))
				.containsEntry("expiresAt", Objects.requireNonNull(grant.expiresAt()).toString())
				.doesNotContainKeys("reason", "login");
			HttpResponse<String> unknown = send(application, "GET", "/mcpoauth/nobody", null);
			assertThat(unknown.statusCode()).isEqualTo(404);
			assertThat(unknown.body()).contains("There is no MCP server named 'nobody'");
			assertThat(send(application, "GET", "/health", null).body()).contains("mcpOAuth", "LOGIN_REQUIRED");
			assertThat(this.fixture.authorizationServer.http().requests()).isEmpty();
			assertNoAnswerHas(grant, "api-key", "client-secret");
		}
	}

	@ParameterizedTest
	@CsvSource({ "REACTIVE,unknown,200", "SERVLET,unknown,200", "REACTIVE,down,503", "SERVLET,out-of-service,503" })
	void healthWhenAPersonIsNeededAnswersAsItIsMapped(WebApplicationType type, String status, int expected)
			throws Exception {
		try (ConfigurableApplicationContext application = start(type,
				"--mcp.oauth.health.login-required-status=" + status)) {
			HttpResponse<String> answer = send(application, "GET", "/health/mcpOAuth", null);
			assertThat(answer.statusCode()).isEqualTo(expected);
			assertThat(answer.body()).contains("LOGIN_REQUIRED", "mcp login github");
			assertThat(this.fixture.authorizationServer.http().requests()).isEmpty();
			assertThat(this.fixture.mcpServer.http().requests()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void loginWhenRedirectIsPastedIsCompleted(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			HttpResponse<String> started = send(application, "POST", "/mcpoauth/github/login", "{}");
			assertThat(started.statusCode()).isEqualTo(200);
			String flow = JsonPath.read(started.body(), "$.flow");
			String url = JsonPath.read(started.body(), "$.authorizationUrl");
			assertThat(send(application, "GET", "/mcpoauth/github", null).body()).contains(flow)
				.doesNotContain("code_challenge");
			String redirect = consent(url);
			assertThat(complete(application, "rubbish with spaces", flow).statusCode()).isEqualTo(400);
			assertThat(complete(application, redirect, "0bad").statusCode()).isEqualTo(409);
			HttpResponse<String> completed = complete(application, redirect, flow);
			assertThat(completed.statusCode()).isEqualTo(200);
			assertThat(JsonPath.<String>read(completed.body(), "$.state")).isEqualTo("AUTHORIZED");
			assertThat(complete(application, redirect, flow).statusCode()).isEqualTo(409);
			assertNoAnswerHas(this.fixture.stored());
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void loginWhenADeviceIsAskedForAnswersItsCode(WebApplicationType type) throws Exception {
		this.fixture.authorizationServer.offerDeviceGrant();
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			HttpResponse<String> started = send(application, "POST", "/mcpoauth/github/login", "{\"device\": true}");
			assertThat(started.statusCode()).isEqualTo(200);
			String code = JsonPath.read(started.body(), "$.userCode");
			assertThat(JsonPath.<String>read(started.body(), "$.verificationUri")).endsWith("/activate");
			assertThat(JsonPath.<String>read(started.body(), "$.authorizationUrl")).endsWith("?user_code=" + code);
			assertThat(send(application, "GET", "/mcpoauth/github", null).body()).doesNotContain(code);
			assertThat(complete(application, "code", JsonPath.read(started.body(), "$.flow")).statusCode())
				.isEqualTo(400);
			assertThat(send(application, "POST", "/mcpoauth/github/cancel", "{}").statusCode()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void loginWhenCancelledIsGone(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			send(application, "POST", "/mcpoauth/github/login", "{}");
			assertThat(send(application, "POST", "/mcpoauth/github/cancel", "{}").statusCode()).isEqualTo(200);
			assertThat(this.fixture.manager.provider(this.fixture.key).currentLogin()).isNull();
			assertThat(send(application, "POST", "/mcpoauth/github/cancel", "{}").statusCode()).isEqualTo(409);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void writeWhenUnrestrictedRefreshesLogsOutAndRemoves(WebApplicationType type) throws Exception {
		Grant grant = this.fixture.grant();
		try (ConfigurableApplicationContext application = start(type,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			assertThat(send(application, "POST", "/mcpoauth/github/refresh", "{}").statusCode()).isEqualTo(200);
			Grant renewed = this.fixture.stored();
			assertThat(renewed.accessToken()).isNotEqualTo(grant.accessToken());
			assertThat(send(application, "POST", "/mcpoauth/github/logout", "{}").body())
				.isEqualTo("{\"revoked\":true}");
			assertThat(this.fixture.store.get(this.fixture.key)).isNull();
			HttpResponse<String> refused = send(application, "POST", "/mcpoauth/github/refresh", "{}");
			assertThat(refused.statusCode()).isEqualTo(409);
			assertThat(refused.body()).contains("mcp login github");
			assertThat(send(application, "DELETE", "/mcpoauth/github", null).statusCode()).isEqualTo(200);
			assertThat(send(application, "DELETE", "/mcpoauth/github", null).statusCode()).isEqualTo(404);
			assertThat(this.fixture.manager.servers()).isEmpty();
			assertNoAnswerHas(grant);
			assertNoAnswerHas(renewed);
		}
	}

	@Test
	void refreshWhenAuthorizationServerIsGoneAnswersUnavailable() throws Exception {
		this.fixture.grant();
		this.fixture.authorizationServer.close();
		try (ConfigurableApplicationContext application = start(WebApplicationType.REACTIVE,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			assertThat(send(application, "POST", "/mcpoauth/github/refresh", "{}").statusCode()).isEqualTo(503);
		}
	}

	@Test
	void performWhenPrincipalIsNamedIsAboutTheirGrant() throws Exception {
		GrantKey alice = GrantKey.of("github", "alice");
		Grant own = this.fixture.grant();
		this.fixture.grant(alice);
		try (ConfigurableApplicationContext application = start(WebApplicationType.REACTIVE,
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			assertThat(send(application, "GET", "/mcpoauth/github?principal=bob", null).body())
				.contains(State.LOGIN_REQUIRED.name(), "mcp login github --principal=bob");
			assertThat(send(application, "GET", "/mcpoauth/github?principal=alice", null).body())
				.contains(State.AUTHORIZED.name());
			assertThat(send(application, "GET", "/mcpoauth/github?principal=%20", null).statusCode()).isEqualTo(400);
			assertThat(send(application, "POST", "/mcpoauth/github/logout", "{\"principal\": \"alice\"}").statusCode())
				.isEqualTo(200);
			assertThat(this.fixture.store.get(alice)).isNull();
			assertThat(this.fixture.stored()).isEqualTo(own);
			assertThat(send(application, "DELETE", "/mcpoauth/github?principal=alice", null).statusCode())
				.isEqualTo(200);
			assertThat(this.fixture.manager.servers()).hasSize(1);
		}
	}

	@Test
	void jmxWhenExposedReadsAndWrites() throws Exception {
		Grant grant = this.fixture.grant();
		try (ConfigurableApplicationContext application = start(WebApplicationType.NONE, "--spring.jmx.enabled=true",
				"--management.endpoints.jmx.exposure.include=mcpoauth",
				"--management.endpoint.mcpoauth.access=unrestricted")) {
			MBeanServer server = ManagementFactory.getPlatformMBeanServer();
			ObjectName name = new ObjectName("org.springframework.boot:type=Endpoint,name=Mcpoauth");
			Object read = server.invoke(name, "server", new Object[] { "github" },
					new String[] { String.class.getName() });
			assertThat(read).asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsEntry("state", State.AUTHORIZED.name());
			this.answers.add(String.valueOf(server.invoke(name, "servers", new Object[0], new String[0])));
			Object refreshed = server.invoke(name, "perform", new Object[] { "github", "refresh", null, null },
					new String[] { String.class.getName(), String.class.getName(), String.class.getName(),
							String.class.getName() });
			this.answers.add(String.valueOf(read));
			this.answers.add(String.valueOf(refreshed));
			assertThat(this.fixture.stored().accessToken()).isNotEqualTo(grant.accessToken());
			assertNoAnswerHas(grant);
			assertNoAnswerHas(this.fixture.stored());
			assertThat(application.isActive()).isTrue();
		}
	}

	private ConfigurableApplicationContext start(WebApplicationType type, String... arguments) {
		List<String> all = new ArrayList<>(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--management.endpoints.web.exposure.include=mcpoauth,mcpoauthprincipals,health",
				"--management.endpoint.health.show-details=always", "--spring.main.banner-mode=off"));
		all.addAll(List.of(arguments));
		ApplicationContextInitializer<GenericApplicationContext> manager = (context) -> context
			.registerBean(McpOAuthManager.class, () -> this.fixture.manager);
		return new SpringApplicationBuilder(Application.class).web(type)
			.initializers(manager)
			.run(all.toArray(String[]::new));
	}

	private HttpResponse<String> complete(ConfigurableApplicationContext application, String redirect, String flow)
			throws Exception {
		return send(application, "POST", "/mcpoauth/github/complete",
				"{\"redirect\": \"%s\", \"flow\": \"%s\"}".formatted(redirect, flow));
	}

	private HttpResponse<String> send(ConfigurableApplicationContext application, String method, String path,
			@Nullable String body) throws Exception {
		URI uri = URI.create("http://127.0.0.1:%s/actuator%s"
			.formatted(application.getEnvironment().getProperty("local.server.port"), path));
		HttpRequest.Builder request = HttpRequest.newBuilder(uri)
			.timeout(ManagerFixture.PATIENCE)
			.header("Accept", "application/json")
			.method(method, (body != null) ? BodyPublishers.ofString(body) : BodyPublishers.noBody());
		if (body != null) {
			request.header("Content-Type", "application/json");
		}
		HttpResponse<String> response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
		this.answers.add(response.body());
		return response;
	}

	/**
	 * Consent, and copy the address that the browser would go to.
	 */
	private static String consent(String authorizationUrl) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(authorizationUrl)).build(), BodyHandlers.discarding())
			.headers()
			.firstValue("Location")
			.orElseThrow();
	}

	private void assertNoAnswerHas(Grant grant, String... secrets) {
		AccessToken token = grant.toAccessToken();
		List<String> all = new ArrayList<>(List.of(secrets));
		all.add(token.value().reveal());
		all.add(Objects.requireNonNull(grant.refreshToken()).reveal());
		assertThat(this.answers).isNotEmpty().noneMatch((answer) -> all.stream().anyMatch(answer::contains));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
	static class Application {

	}

}
