// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the MCP specification obliges a client to, where it takes login, refresh, requests
 * and logout together, over real HTTP.
 */
class SpecificationTests {

	private static final String SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

	private final ManagerFixture fixture = new ManagerFixture();

	private final McpOAuthManager manager = this.fixture.manager;

	private final TestAuthorizationServer authorizationServer = this.fixture.authorizationServer;

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@AfterEach
	void stop() {
		this.fixture.close();
	}

	@Test
	@DisplayName("J1, J3: a pre-registered client signs for its code, its refresh and its revocation, each time anew")
	void loginWhenClientSignsDoesSoAtEveryEndpoint() throws GeneralSecurityException, IOException {
		this.authorizationServer.client("signer", null);
		add(OAuthSettings.builder().clientId("signer").signingKey(key("signer")));
		assertThat(logIn().grant().clientId()).isEqualTo("signer");
		refresh();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.manager.provider(this.fixture.key).logout().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.authorizationServer.revocations()).isEqualTo(2);
		assertSigned("signer", 4);
	}

	@Test
	@DisplayName("C2, C3, C4: a client ID metadata document with a key is an identifier, and signs as others do")
	void loginWhenMetadataDocumentHasAKeySigns() throws GeneralSecurityException, IOException {
		URI document = URI.create("https://agent.example/client.json");
		this.authorizationServer.acceptMetadataDocument(document);
		add(OAuthSettings.builder().clientMetadataUrl(document).signingKey(key(document.toString())));
		assertThat(logIn().grant().clientId()).isEqualTo(document.toString());
		refresh();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.manager.provider(this.fixture.key).logout().block(ManagerFixture.PATIENCE)).isTrue();
		assertThat(this.authorizationServer.registrations()).isZero();
		assertSigned(document.toString(), 4);
	}

	@Test
	@DisplayName("C3: a client ID metadata document without a key is a public client, and is refreshed as one")
	void refreshWhenClientIsAMetadataDocumentNamesIt() {
		URI document = URI.create("https://agent.example/client.json");
		this.authorizationServer.acceptMetadataDocument(document);
		add(OAuthSettings.builder().clientMetadataUrl(document));
		logIn();
		refresh();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		assertThat(this.authorizationServer.tokenRequests("refresh_token")).singleElement().satisfies((request) -> {
			assertThat(request.parameter("client_id")).isEqualTo(document.toString());
			assertThat(request.form()).doesNotContainKeys("client_assertion", "client_secret");
		});
	}

	@Test
	@DisplayName("A6, C9, F2: a server that moves to another authorization server needs a login there, which sees nothing of the old one")
	void requestWhenTheServerMovesToAnotherAuthorizationServerNeedsALoginThere() {
		logIn();
		Grant before = this.fixture.stored();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		try (TestAuthorizationServer next = TestAuthorizationServer.start(this.fixture.clock)) {
			move(next);
			assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::call);
			assertThat(next.http().requests(TestAuthorizationServer.TOKEN)).isEmpty();
			ServerStatus status = logIn();
			assertThat(status.state()).isEqualTo(State.AUTHORIZED);
			assertThat(status.grant().issuer()).isEqualTo(next.issuer());
			assertThat(call()).isEqualTo(HttpStatus.OK);
			assertThat(next.registrations()).isEqualTo(1);
			assertThat(Objects.requireNonNull(this.fixture.store.getClient(this.fixture.key)).issuer())
				.isEqualTo(next.issuer());
			for (Secret secret : List.of(before.accessToken(), Objects.requireNonNull(before.refreshToken()))) {
				assertThat(next.http().requests(TestAuthorizationServer.TOKEN))
					.noneMatch((request) -> request.toString().contains(secret.reveal()));
			}
			next.revokeAccessToken(this.fixture.stored().accessToken());
			assertThat(call()).as("refreshed where it comes from").isEqualTo(HttpStatus.OK);
			assertThat(next.refreshes()).isEqualTo(1);
		}
	}

	@Test
	@DisplayName("D8, F17: offline_access that is listed is asked for, and a grant without refresh token is used until a 401")
	void requestWhenOfflineAccessBringsNoRefreshTokenUsesTheTokenThereIs() {
		this.authorizationServer.issueRefreshTokens(false)
			.metadata((metadata) -> metadata.put("scopes_supported", List.of("read", "offline_access")));
		this.fixture.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("read")));
		Login login = begin();
		assertThat(Objects.requireNonNull(login.authorizationUrl()).getQuery())
			.containsAnyOf("scope=read offline_access", "scope=read+offline_access");
		assertThat(complete(login).grant().refreshTokenPresent()).isFalse();
		assertThat(call()).isEqualTo(HttpStatus.OK);
		this.authorizationServer.revokeAccessToken(this.fixture.stored().accessToken());
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(this::call)
			.withMessageContaining("no refresh token was issued");
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("G1, G2, G3, F5: a step-up asks a user once for the union, refreshes nothing, and ends when more is wanted again")
	void requestWhenScopesAreMissingIsSteppedUpOnce() {
		this.fixture.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("read")));
		logIn();
		forbid("write");
		for (int request = 0; request < 3; request++) {
			assertThatExceptionOfType(io.github.mcpoauth.InsufficientScopeException.class).isThrownBy(this::call);
		}
		assertThat(this.fixture.sends()).as("no request is sent twice").isEqualTo(4);
		assertThat(this.authorizationServer.refreshes()).isZero();
		Login login = begin();
		assertThat(Objects.requireNonNull(login.authorizationUrl()).getQuery()).containsAnyOf("scope=read write",
				"scope=read+write");
		complete(login);
		assertThat(call()).as("still forbidden with what was asked for").isEqualTo(HttpStatus.FORBIDDEN);
		assertThat(this.fixture.stored().requestedScope()).containsExactlyInAnyOrder("read", "write");
	}

	@Test
	@DisplayName("F1: the token is in the header of every request, calls, notifications, streams and ends, and in no address")
	void requestWhenAuthorizedHasTheTokenInItsHeaderOnly() {
		logIn();
		String token = this.fixture.token().value().reveal();
		int before = this.fixture.sends();
		WebClient client = this.fixture.client();
		String notification = "{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}";
		for (String message : List.of(ManagerFixture.ECHO, notification)) {
			client.post()
				.uri(this.fixture.url() + "?cursor=1")
				.bodyValue(message)
				.exchangeToMono((response) -> response.releaseBody())
				.block(ManagerFixture.PATIENCE);
		}
		for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.DELETE)) {
			client.method(method)
				.uri(this.fixture.url() + "?cursor=1")
				.exchangeToMono((response) -> response.releaseBody())
				.block(ManagerFixture.PATIENCE);
		}
		List<Request> requests = this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
		assertThat(requests.subList(before, requests.size())).hasSize(4).allSatisfy((request) -> {
			assertThat(request.header("Authorization")).isEqualTo("Bearer " + token);
			assertThat(request.uri().toString()).doesNotContain(token);
		});
	}

	private void assertSigned(String clientId, int times) {
		List<Request> requests = new ArrayList<>(
				this.authorizationServer.http().requests(TestAuthorizationServer.TOKEN));
		requests.addAll(this.authorizationServer.http().requests(TestAuthorizationServer.REVOKE));
		assertThat(requests).hasSize(times).allSatisfy((request) -> {
			assertThat(request.parameter("client_assertion_type")).isEqualTo(SIGNED);
			assertThat(request.parameter("client_id")).isEqualTo(clientId);
			assertThat(request.form()).doesNotContainKey("client_secret");
			assertThat(request.header("Authorization")).isNull();
		});
		assertThat(requests).extracting((request) -> request.parameter("client_assertion")).doesNotHaveDuplicates();
	}

	private void move(TestAuthorizationServer next) {
		this.fixture.mcpServer.metadata((metadata) -> metadata.put("authorization_servers", List.of(next.issuer())));
		String challenge = "Bearer resource_metadata=\"%s\""
			.formatted(this.fixture.mcpServer.http().url(TestMcpServer.METADATA));
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, (request) -> {
			String header = Objects.requireNonNullElse(request.header("Authorization"), "Bearer ");
			return next.isActive(header.substring("Bearer ".length())) ? Response.of(200, "text/plain", "yes")
					: Response.of(401, "text/plain", "no").header("WWW-Authenticate", challenge);
		});
	}

	private void forbid(String scope) {
		String challenge = "Bearer error=\"insufficient_scope\", scope=\"%s\"".formatted(scope);
		this.fixture.mcpServer.http()
			.handle(TestMcpServer.MCP,
					(request) -> (request.header("Authorization") != null)
							? Response.of(403, "text/plain", "no").header("WWW-Authenticate", challenge)
							: Response.of(401, "text/plain", "no").header("WWW-Authenticate", "Bearer"));
	}

	private SigningKey key(String clientId) throws GeneralSecurityException, IOException {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
		generator.initialize(new ECGenParameterSpec("secp256r1"));
		KeyPair pair = generator.generateKeyPair();
		this.authorizationServer.signingClient(clientId, pair.getPublic());
		String pem = "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
			.formatted(Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded()));
		return new SigningKey(null, Files.writeString(this.directory.resolve("key.pem"), pem), null, null);
	}

	private void add(OAuthSettings.Builder settings) {
		this.manager.add(new McpServer("github", this.fixture.url(), settings.build()));
	}

	private Login begin() {
		return Objects.requireNonNull(this.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
	}

	private ServerStatus complete(Login login) {
		String redirect = Objects.requireNonNull(WebClient.create()
			.get()
			.uri(Objects.requireNonNull(login.authorizationUrl()))
			.exchangeToMono((response) -> response.releaseBody()
				.thenReturn(String.valueOf(response.headers().asHttpHeaders().getLocation())))
			.block(ManagerFixture.PATIENCE));
		return Objects.requireNonNull(login.complete(redirect).block(ManagerFixture.PATIENCE));
	}

	private ServerStatus logIn() {
		return complete(begin());
	}

	private void refresh() {
		assertThat(this.manager.provider(this.fixture.key).refresh(null).block(ManagerFixture.PATIENCE)).isNotNull();
	}

	private HttpStatus call() {
		return Objects.requireNonNull(this.fixture.client()
			.post()
			.uri(this.fixture.url())
			.bodyValue(ManagerFixture.ECHO)
			.exchangeToMono(
					(response) -> response.releaseBody().thenReturn(HttpStatus.valueOf(response.statusCode().value())))
			.block(ManagerFixture.PATIENCE));
	}

}
