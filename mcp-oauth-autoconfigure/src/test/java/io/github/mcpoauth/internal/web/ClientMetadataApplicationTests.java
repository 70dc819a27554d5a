// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpOAuthClientMetadataAutoConfiguration;
import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.MetadataDocumentReader;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * An application that serves its own client ID metadata document, behind Spring Security.
 */
class ClientMetadataApplicationTests {

	private static final String PUBLIC = "https://agent.example.com/base";

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final HttpClient http = HttpClient.newHttpClient();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private @Nullable ConfigurableApplicationContext context;

	private @Nullable MetadataDocumentReader reader;

	@TempDir
	private Path directory;

	@AfterEach
	void close() {
		if (this.context != null) {
			this.context.close();
		}
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void documentWhenServedNeedsNoLoginAndMayBeKept(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--spring.application.name=Travel agent",
				"--mcp.servers.test.oauth.redirect-port=4711", "--mcp.servers.test.oauth.scopes=a b");
		HttpResponse<String> response = get("GET", ClientMetadata.PATH);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		assertThat(response.headers().allValues("Cache-Control")).containsExactly("public, max-age=3600");
		assertThat(ForeignJson.object(response.body())).isEqualTo(
				Map.of("client_id", "https://agent.example.com/base/mcp/client-metadata.json", "client_name",
						"Travel agent", "redirect_uris",
						List.of("http://127.0.0.1/callback", "http://localhost/callback",
								"http://127.0.0.1:4711/callback"),
						"grant_types",
						List.of("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"),
						"response_types", List.of("code"), "token_endpoint_auth_method", "none",
						"token_endpoint_auth_methods_supported", List.of("none"), "scope", "a b"));
		HttpResponse<String> head = get("HEAD", ClientMetadata.PATH);
		assertThat(head.statusCode()).isEqualTo(200);
		assertThat(head.body()).isEmpty();
		assertThat(get("POST", ClientMetadata.PATH).statusCode()).isIn(401, 403);
		assertThat(get("GET", ClientMetadata.PATH + "/x").statusCode()).isEqualTo(401);
		assertThat(get("GET", ClientMetadata.KEYS_PATH).statusCode()).as("a public client has none").isEqualTo(401);
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void loginWhenTheServerFetchesDocumentsNeedsNoRegistration(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC);
		assertThat(logIn()).isEqualTo(PUBLIC + ClientMetadata.PATH);
		assertThat(this.authorizationServer.registrations()).isZero();
		assertThat(refusals()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = "SERVLET")
	void loginWhenTheServerDoesNotFetchDocumentsRegisters(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC);
		this.authorizationServer.metadata((members) -> members.remove("client_id_metadata_document_supported"));
		assertThat(logIn()).startsWith("client-");
	}

	@ParameterizedTest
	@EnumSource(names = "SERVLET")
	@DisplayName("Pre-registered, document, dynamic: what is configured for one server comes first")
	void loginWhenAClientIsConfiguredUsesThatOne(WebApplicationType type) throws Exception {
		this.authorizationServer.client("configured", null);
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.servers.test.oauth.client-id=configured");
		assertThat(logIn()).isEqualTo("configured");
	}

	@ParameterizedTest
	@EnumSource(names = "SERVLET")
	void loginWhenTheDocumentIsTurnedOffForAServerRegisters(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.servers.test.oauth.cimd=false");
		assertThat(logIn()).startsWith("client-");
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void documentWhenTurnedOffOrWithoutHttpsIsNotServed(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.oauth.web.client-metadata=false");
		assertThat(get("GET", ClientMetadata.PATH).statusCode()).isEqualTo(401);
		assertThat(logIn()).startsWith("client-");
		context().close();
		start(type, "--mcp.oauth.web.external-url=http://127.0.0.1:8080");
		assertThat(get("GET", ClientMetadata.PATH).statusCode()).isEqualTo(401);
		assertThat(logIn()).startsWith("client-");
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void loginWhenTheClientHasKeysSignsAndPublishesThem(WebApplicationType type) throws Exception {
		Path keys = this.directory.resolve("keys.json");
		ClientMetadata.newKey(keys, Instant.now().minus(Duration.ofHours(2)));
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.oauth.web.client-keys-location=" + keys);
		assertThat(logIn()).isEqualTo(PUBLIC + ClientMetadata.PATH);
		String first = signedWith();
		ClientMetadata.newKey(keys, Instant.now());
		HttpResponse<String> published = get("GET", ClientMetadata.KEYS_PATH);
		assertThat(published.headers().allValues("Cache-Control")).containsExactly("public, max-age=600");
		JWKSet set = JWKSet.parse(published.body());
		assertThat(set.getKeys()).hasSize(2).noneMatch(JWK::isPrivate);
		logIn();
		assertThat(signedWith()).as("a new key is published before it signs").isEqualTo(first);
		assertThat(context().getBean(McpOAuthManager.class).provider(GrantKey.of("test")).refresh(null).block(PATIENCE))
			.isNotNull();
		assertThat(this.authorizationServer.tokenRequests("refresh_token").get(0).parameter("client_assertion"))
			.isNotBlank();
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void keysWhenTheyCannotBeReadAreUnavailable(WebApplicationType type) throws Exception {
		Path keys = this.directory.resolve("keys.json");
		Files.writeString(keys, "{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\"}]}");
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.oauth.web.client-keys-location=" + keys);
		HttpResponse<String> response = get("GET", ClientMetadata.KEYS_PATH);
		assertThat(response.statusCode()).isEqualTo(503);
		assertThat(response.headers().allValues("Cache-Control")).containsExactly("no-store");
		assertThat(response.body()).doesNotContain("c2VjcmV0");
	}

	@ParameterizedTest
	@EnumSource(names = "SERVLET")
	void loginWhenTheServerVerifiesNoSignaturesRegisters(WebApplicationType type) throws Exception {
		Path keys = this.directory.resolve("keys.json");
		ClientMetadata.newKey(keys, Instant.now());
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC, "--mcp.oauth.web.client-keys-location=" + keys);
		this.authorizationServer
			.metadata((members) -> members.put("token_endpoint_auth_methods_supported", List.of("none")));
		assertThat(logIn()).startsWith("client-");
	}

	@ParameterizedTest
	@EnumSource(names = "SERVLET")
	@DisplayName("The stand-in refuses a document that does not name the redirect URI")
	void loginWhenTheRedirectUriIsNotInTheDocumentIsRefused(WebApplicationType type) throws Exception {
		start(type, "--mcp.oauth.web.external-url=" + PUBLIC);
		Login login = Objects.requireNonNull(context().getBean(McpOAuthManager.class)
			.provider(GrantKey.of("test"))
			.login(new LoginRequest(false, URI.create("https://elsewhere.example/callback")))
			.block(PATIENCE));
		assertThat(this.http.send(HttpRequest.newBuilder(login.authorizationUrl()).build(), BodyHandlers.ofString())
			.statusCode()).isEqualTo(400);
		assertThat(refusals()).containsExactly("does not list https://elsewhere.example/callback");
		login.cancel();
		assertThatException().isThrownBy(() -> login.completion().block(PATIENCE));
	}

	private void start(WebApplicationType type, String... arguments) {
		List<String> all = new ArrayList<>(
				List.of("--server.port=0", "--server.address=127.0.0.1", "--spring.main.banner-mode=off",
						"--mcp.oauth.store.type=memory", "--mcp.oauth.store.memory.allow-logins=true",
						"--mcp.servers.test.url=" + this.mcpServer.url(), "--mcp.servers.test.oauth.enabled=true"));
		all.addAll(List.of(arguments));
		this.context = new SpringApplicationBuilder(Application.class, ConnectionsSecurityTests.ServletSecurity.class,
				ConnectionsSecurityTests.ReactiveSecurity.class)
			.web(type)
			.run(all.toArray(String[]::new));
		this.reader = this.authorizationServer.fetchMetadataDocuments((uri) -> uri.toString().startsWith(PUBLIC)
				? URI.create(url(uri.toString().substring(PUBLIC.length()))) : URI.create("http://127.0.0.1:1"));
	}

	private ConfigurableApplicationContext context() {
		return Objects.requireNonNull(this.context);
	}

	private List<String> refusals() {
		return Objects.requireNonNull(this.reader).refusals();
	}

	private String url(String path) {
		return "http://127.0.0.1:%s%s".formatted(context().getEnvironment().getProperty("local.server.port"), path);
	}

	private HttpResponse<String> get(String method, String path) throws Exception {
		return this.http.send(HttpRequest.newBuilder(URI.create(url(path)))
			.method(method, HttpRequest.BodyPublishers.noBody())
			.build(), BodyHandlers.ofString());
	}

	/**
	 * Log in on loopback, as commands do.
	 * @return the client identifier that was used
	 */
	private String logIn() throws Exception {
		Login login = Objects.requireNonNull(context().getBean(McpOAuthManager.class)
			.provider(GrantKey.of("test"))
			.login(LoginRequest.withoutBrowser())
			.block(PATIENCE));
		HttpResponse<String> consent = this.http.send(HttpRequest.newBuilder(login.authorizationUrl()).build(),
				BodyHandlers.ofString());
		assertThat(consent.statusCode()).as(() -> consent.body() + refusals()).isEqualTo(302);
		assertThat(this.http
			.send(HttpRequest.newBuilder(URI.create(consent.headers().firstValue("Location").orElseThrow())).build(),
					BodyHandlers.ofString())
			.statusCode()).isEqualTo(200);
		return String.valueOf(Objects.requireNonNull(login.completion().block(PATIENCE)).grant().clientId());
	}

	private String signedWith() throws Exception {
		List<Request> requests = this.authorizationServer.tokenRequests("authorization_code");
		String assertion = requests.get(requests.size() - 1).parameter("client_assertion");
		return SignedJWT.parse(assertion).getHeader().getKeyID();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, McpOAuthAutoConfiguration.class,
			McpOAuthClientMetadataAutoConfiguration.class })
	static class Application {

	}

}
