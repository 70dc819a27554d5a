// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A Spring Boot application with a YAML file, as a person would write it, against real
 * servers and real files.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpOAuthApplicationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Map<String, Object> LIST_TOOLS = Map.of("jsonrpc", "2.0", "id", 1, "method", "tools/list");

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	@TempDir
	private Path directory;

	private Path tokens;

	private @Nullable ConfigurableApplicationContext context;

	@BeforeEach
	void prepare() {
		this.tokens = this.directory.resolve("tokens");
	}

	@AfterEach
	void stop() {
		if (this.context != null) {
			this.context.close();
		}
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "oauth: {}", "oauth:", "oauth: true" })
	void requestWhenLoggedInCarriesTheTokenAndNothingElseDoes(String oauth) throws Exception {
		start(oauth);
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::listTools)
			.withMessageContaining("demo");
		login();
		assertThat(listTools()).contains("\"echo\"");
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
		assertThat(this.authorizationServer.http().requests())
			.noneMatch((request) -> String.valueOf(request.header("Authorization")).startsWith("Bearer"));
	}

	@Test
	@DisplayName("F4 A login done elsewhere needs no restart: a bare token response written by another program is used by the next request")
	void requestWhenAnotherProgramWritesATokenUsesIt() throws IOException {
		start("oauth: {}");
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::listTools);
		this.authorizationServer.client("elsewhere", null);
		for (int round = 0; round < 3; round++) {
			Grant grant = this.authorizationServer.issue("elsewhere", this.mcpServer.url().toString(), "tools");
			write(Map.of("access_token", grant.accessToken().reveal(), "token_type", "Bearer", "expires_in", 300));
			assertThat(listTools()).contains("\"echo\"");
			assertThat(lastAuthorization()).isEqualTo("Bearer " + grant.accessToken().reveal());
		}
	}

	@Test
	void requestWhenTokenWasRevokedIsRecoveredByOneRefreshForAll() throws Exception {
		start("oauth: {}");
		login();
		listTools();
		String token = Objects.requireNonNull(lastAuthorization()).substring("Bearer ".length());
		this.authorizationServer.revokeAccessToken(Secret.of(token));
		List<String> answers = IntStream.range(0, 10).parallel().mapToObj((index) -> listTools()).toList();
		assertThat(answers).hasSize(10).allMatch((answer) -> answer.contains("\"echo\""));
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F5 An absolute expiry survives a restart")
	void requestWhenApplicationRestartsUsesTheStoredGrant() throws Exception {
		start("oauth: {}");
		login();
		context().close();
		start("oauth: {}");
		assertThat(listTools()).contains("\"echo\"");
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("Law 15 Requests to the authorization server carry no token, even below the server's own URL")
	void refreshWhenAuthorizationServerIsBelowTheServersUrlCarriesNoToken() throws Exception {
		start("oauth: {}");
		manager().add(McpServer.of("cover", this.authorizationServer.http().url("/")));
		login();
		Files.writeString(this.tokens.resolve("cover.json"), "{\"access_token\":\"cover\",\"token_type\":\"Bearer\"}");
		manager().provider(GrantKey.of("demo")).refresh(null).block(PATIENCE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.authorizationServer.http().requests()).extracting((request) -> request.header("Authorization"))
			.doesNotContain("Bearer cover");
	}

	@Test
	void startWhenStartedAsksNobodyAndSaysOneLine(CapturedOutput output) {
		start("oauth: {client-id: id, client-secret: hush}");
		assertThat(this.mcpServer.http().requests()).isEmpty();
		assertThat(this.authorizationServer.http().requests()).isEmpty();
		assertThat(this.tokens).doesNotExist();
		assertThat(output)
			.containsOnlyOnce("MCP server 'demo' at " + this.mcpServer.url() + ": OAuth is on, client 'id'")
			.doesNotContain("hush");
	}

	@Test
	@DisplayName("An application goes on working whose YAML has the properties of November 2026 with their defaults")
	void requestWhenConfigurationIsOfAnEarlierVersionCarriesTheToken() throws Exception {
		this.context = run("""
				mcp:
				  servers:
				    demo:
				      url: %s
				      oauth:
				        enabled: true
				        cimd: true
				        client-name: MCP agent
				        scope: tools
				        redirect-host: 127.0.0.1
				        redirect-port: 0
				        timeout: 5m
				        require-pkce: true
				        dpop: auto
				        grant-type: authorization_code
				  oauth:
				    enabled: true
				    address-policy: {allow-plain-http: false, allow-private-addresses: false}
				    command-line.enabled: true
				    health.login-required-status: unknown
				    principal:
				      cache-size: 10000
				      context-key: io.github.mcpoauth.principal
				      idle-time: 30m
				      source: application
				      when-absent: fail
				    session: {breaker-failures: 3, breaker-pause: 60s, connect-timeout: 15s, request-timeout: 60s}
				    store:
				      jdbc.initialize-schema: embedded
				      redis.key-prefix: "mcp-oauth:"
				      lease: 5s
				      type: file
				    timeout:
				      freshness-check: 1ms
				      lock: 60s
				      recovery: 10s
				      token-endpoint: 30s
				    web: {allow-unprotected: false, enabled: false}
				""".formatted(this.mcpServer.url()), Map.of());
		login();
		assertThat(listTools()).contains("\"echo\"");
		assertThat(lastAuthorization()).startsWith("Bearer ");
	}

	@Test
	@DisplayName("A variable over YAML reaches the server, whichever way it is spelled")
	void startWhenVariablesAddToYamlUsesThem() {
		this.context = run("""
				mcp:
				  servers:
				    my-server:
				      url: %s
				      oauth: {}
				""".formatted(this.mcpServer.url()), Map.of("MCP_SERVERS_MYSERVER_OAUTH_CLIENTID", "id",
				"MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_SECRET", "hush"));
		assertThat(manager().servers()).singleElement().satisfies((server) -> {
			assertThat(server.name()).isEqualTo("my-server");
			assertThat(server.oauth().clientId()).isEqualTo("id");
			assertThat(server.oauth().clientSecret()).isNotNull();
		});
	}

	@Test
	@DisplayName("A start-up failure says property, place, reason and action, and no secret")
	void startWhenConfigurationIsInvalidExplains(CapturedOutput output) {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> run("""
				mcp:
				  servers:
				    demo:
				      url: https://user:hush@mcp.example.com/mcp
				      oauth:
				        client-secret: hush
				        redirect_prot: 1
				""", Map.of()));
		assertThat(output).contains("APPLICATION FAILED TO START", "The configuration of the MCP servers is invalid:",
				"Property: mcp.servers.demo.url", "Property: mcp.servers.demo.oauth.client-secret",
				"Property: mcp.servers.demo.oauth.redirect_prot", "application.yml] - 6:24",
				"Reason: a client secret is of no use without the client it belongs to",
				"- mcp.servers.demo.oauth.redirect_prot: Did you mean 'redirect-port'?",
				"- mcp.servers.demo.oauth.client-secret: Set 'mcp.servers.demo.oauth.client-id' as well, or remove the secret.");
		assertThat(output).doesNotContain("hush");
	}

	@ParameterizedTest
	@ValueSource(strings = { "token-endpoint-auth-method: hush", "redirect-port: hush", "callback-timeout: hush" })
	void startWhenAValueDoesNotConvertNamesTheProperty(String line, CapturedOutput output) {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> start("oauth: {%s}".formatted(line)));
		assertThat(output).contains("APPLICATION FAILED TO START",
				"Property: mcp.servers.demo.oauth." + line.substring(0, line.indexOf(':')), "application.yml] - 5:");
	}

	@Test
	void startWhenAuthMethodIsUnknownListsThoseThatAreNot(CapturedOutput output) {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> start("oauth: {token-endpoint-auth-method: tls_client_auth}"));
		assertThat(output).contains("Reason: there is no value 'tls_client_auth'", "client_secret_basic",
				"client_secret_post", "private_key_jwt", "none");
	}

	private void start(String oauth) {
		this.context = run("""
				mcp:
				  servers:
				    demo:
				      url: %s
				      %s
				""".formatted(this.mcpServer.url(), oauth), Map.of());
	}

	private ConfigurableApplicationContext run(String yaml, Map<String, Object> variables) {
		try {
			Files.writeString(this.directory.resolve("application.yml"), yaml);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new HashMap<>(variables)));
		SpringApplication application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.environment(environment)
			.build();
		return application.run("--spring.config.location=" + this.directory.toUri(),
				"--mcp.oauth.store.file.directory=" + this.tokens);
	}

	private ConfigurableApplicationContext context() {
		return Objects.requireNonNull(this.context);
	}

	private McpOAuthManager manager() {
		return context().getBean(McpOAuthManager.class);
	}

	private String listTools() {
		return String.valueOf(context().getBean(WebClient.Builder.class)
			.build()
			.post()
			.uri(this.mcpServer.url())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(JsonMapper.shared().writeValueAsString(LIST_TOOLS))
			.retrieve()
			.bodyToMono(String.class)
			.block(PATIENCE));
	}

	private @Nullable String lastAuthorization() {
		List<Request> requests = this.mcpServer.http().requests(TestMcpServer.MCP);
		return requests.get(requests.size() - 1).header("Authorization");
	}

	private void login() throws Exception {
		Login login = Objects.requireNonNull(
				manager().provider(GrantKey.of("demo")).login(LoginRequest.withoutBrowser()).block(PATIENCE));
		URI url = Objects.requireNonNull(login.authorizationUrl());
		HttpResponse<String> page = HttpClient.newBuilder()
			.followRedirects(HttpClient.Redirect.ALWAYS)
			.build()
			.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
		assertThat(page.statusCode()).isEqualTo(200);
		ServerStatus status = login.completion().block(PATIENCE);
		assertThat(status).isNotNull().extracting(ServerStatus::state).isEqualTo(ServerStatus.State.AUTHORIZED);
		try (Stream<Path> files = Files.list(this.tokens)) {
			assertThat(files).anyMatch((file) -> file.endsWith("demo.json"));
		}
	}

	private void write(Map<String, Object> tokenResponse) throws IOException {
		Files.createDirectories(this.tokens);
		Path file = Files.createTempFile(this.tokens, "job", null);
		Files.writeString(file, JsonMapper.shared().writeValueAsString(tokenResponse));
		Files.move(file, this.tokens.resolve("demo.json"), StandardCopyOption.ATOMIC_MOVE);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
