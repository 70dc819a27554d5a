// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestRegistrations;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.oauth2.client.InMemoryOAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.registration.InMemoryClientRegistrationRepository;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AccessToken.TokenType;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the tools of a chat client are called with the token that Spring Security
 * keeps for the user who asks.
 */
class RegistrationChatTests {

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(Clock.systemUTC())
		.accessTokenLifetime(Duration.ofHours(1));

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final WorkThreads threads = WorkThreads.platform();

	private final Map<Integer, String> owners = new HashMap<>();

	private final Map<String, Grant> grants = new HashMap<>();

	private OAuth2AuthorizedClientService clients;

	private ClientRegistrationRepository registrations;

	@BeforeEach
	void logInUsers() {
		ClientRegistration registration = TestRegistrations.idp(this.authorizationServer);
		this.registrations = new InMemoryClientRegistrationRepository(registration);
		this.clients = new InMemoryOAuth2AuthorizedClientService(this.registrations);
		this.authorizationServer.client("client-1", "client-secret");
		for (String user : List.of("user1", "user2")) {
			Grant grant = this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read");
			this.owners.put(Objects.requireNonNull(this.authorizationServer.loginOf(grant.accessToken().reveal())),
					user);
			this.grants.put(user, grant);
			this.clients.saveAuthorizedClient(new OAuth2AuthorizedClient(registration, user,
					new OAuth2AccessToken(TokenType.BEARER, grant.accessToken().reveal(), grant.issuedAt(),
							grant.expiresAt(), grant.scope()),
					new OAuth2RefreshToken(Objects.requireNonNull(grant.refreshToken()).reveal(), grant.issuedAt())),
					UsernamePasswordAuthenticationToken.authenticated(user, null, List.of()));
		}
	}

	@AfterEach
	void close() {
		this.mcpServer.close();
		this.authorizationServer.close();
		this.threads.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "call", "stream" })
	@DisplayName("Two users of Spring Security's client chat, one token is rejected, a third user has not logged in")
	void chatWhenTokensAreSpringSecuritysHasThatOfTheUserWhoAsks(String path) {
		try (ChatApplication application = start()) {
			for (String user : List.of("user1", "user2", "user1")) {
				assertEchoed(application, path, user);
			}
			Grant rejected = Objects.requireNonNull(this.grants.get("user1"));
			this.authorizationServer.revokeAccessToken(rejected.accessToken());
			assertEchoed(application, path, "user1");
			assertThat(this.authorizationServer.refreshes()).isOne();
			OAuth2AuthorizedClient renewed = Objects.requireNonNull(this.clients.loadAuthorizedClient("idp", "user1"));
			assertThat(renewed.getAccessToken().getTokenValue()).isNotEqualTo(rejected.accessToken().reveal());
			assertEchoed(application, path, "user2");
			this.mcpServer.http().forget();
			assertThat(application.ask(path, "user3", "tools").join()).isEqualTo("demo_login_required");
			assertThat(application.ask(path, "user3", "demo_login_required").join()).contains("needs_reauth",
					"/oauth2/authorization/idp");
			assertThat(this.mcpServer.http().requests(TestMcpServer.MCP)).isEmpty();
		}
	}

	private void assertEchoed(ChatApplication application, String path, String user) {
		this.mcpServer.http().forget();
		assertThat(application.ask(path, user, "echo echo").join()).contains("echo").doesNotContain("needs_reauth");
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP))
			.filteredOn((request) -> request.body().contains("tools/call"))
			.hasSizeGreaterThanOrEqualTo(2);
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP))
			.extracting((request) -> this.owners
				.get(this.authorizationServer.loginOf(String.valueOf(request.header("Authorization")).substring(7))))
			.containsOnly(user);
	}

	private ChatApplication start() {
		return ChatApplication.start(WebApplicationType.SERVLET, (GenericApplicationContext context) -> {
			context.registerBean(ClientRegistrationRepository.class, () -> this.registrations);
			context.registerBean(OAuth2AuthorizedClientService.class, () -> this.clients);
		}, new InMemoryTokenStore(this.threads),
				"--spring.ai.mcp.client.streamable-http.connections.demo.url=" + this.mcpServer.url().resolve("/"),
				"--mcp.servers.demo.oauth.registration=idp");
	}

}
