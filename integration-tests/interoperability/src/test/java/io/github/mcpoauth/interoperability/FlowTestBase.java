// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.fixtures.AuthorizationServer;
import io.github.mcpoauth.fixtures.AuthorizationServer.Client;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What the product does with any authorization server. Where servers differ, the
 * subclasses say how, and the tests what the product makes of it.
 */
abstract class FlowTestBase {

	private static final String CLIENT_CREDENTIALS = "grant-type=client_credentials";

	private final List<Agent> agents = new ArrayList<>();

	@TempDir
	private Path directory;

	/**
	 * The authorization server.
	 */
	abstract AuthorizationServer server();

	/**
	 * The MCP server that it protects.
	 */
	abstract URI mcpUrl();

	/**
	 * An MCP server whose authorization server is behind a gate.
	 */
	abstract URI mcpUrlBehind(MetadataGate gate);

	/**
	 * The metadata that are asked for, in this order, of a server without RFC 8414.
	 */
	abstract List<String> openIdConfigurations();

	/**
	 * A client without a secret.
	 */
	abstract String publicClient();

	/**
	 * Whether a client without a secret gets a refresh token.
	 */
	abstract boolean refreshesPublicClients();

	/**
	 * The client with a key, and the key.
	 */
	abstract String keyClient();

	abstract ClientKeys keys();

	/**
	 * Whether authorization responses say who sends them (RFC 9207).
	 */
	abstract boolean sendsIssuer();

	/**
	 * Whether it looks at the resource that a token is asked for (RFC 8707).
	 */
	abstract boolean checksResource();

	/**
	 * What the product says of a client with a wrong secret.
	 */
	abstract String wrongSecret();

	/**
	 * Let the confidential client exchange users' tokens.
	 */
	abstract void allowTokenExchange();

	@AfterEach
	void stop() {
		this.agents.forEach(Agent::close);
	}

	@Test
	@DisplayName("discovery by RFC 8414, registration, authorization code with PKCE")
	void loginWhenNothingIsConfiguredRegistersAndLogsIn() {
		Agent agent = agent();
		long before = server().tokenRequests("authorization_code", "ok");
		ServerStatus status = logIn(agent);
		assertThat(status.state()).isEqualTo(State.AUTHORIZED);
		assertThat(status.grant().refreshTokenPresent()).isTrue();
		assertThat(status.grant().issuer()).isEqualTo(server().issuer().toString());
		assertThat(status.grant().clientId()).isNotBlank().isNotEqualTo(publicClient());
		assertCalls(agent);
		assertThat(server().tokenRequests("authorization_code", "ok")).isEqualTo(before + 1);
	}

	@ParameterizedTest(name = "discovery when the server has no {0}")
	@ValueSource(strings = { "nothing-of-this-name", "oauth-authorization-server" })
	void loginWhenMetadataAreElsewhereFindsThem(String hidden) {
		try (MetadataGate gate = MetadataGate.before(server().issuer(), hidden)) {
			Agent agent = start(mcpUrlBehind(gate));
			assertThat(logIn(agent).grant().issuer()).isEqualTo(gate.through(server().issuer()).toString());
			assertCalls(agent);
			String first = "/.well-known/oauth-authorization-server" + server().issuer().getPath();
			List<String> rest = "oauth-authorization-server".equals(hidden) ? openIdConfigurations() : List.of();
			assertThat(gate.asked().get(0)).isEqualTo(first);
			assertThat(gate.asked().subList(1, gate.asked().size())).isEqualTo(rest);
		}
	}

	@Test
	@DisplayName("authorization code with a pre-registered client")
	void loginWhenClientIsPreRegisteredUsesIt() {
		Agent agent = agent(confidential());
		assertThat(logIn(agent).grant().clientId()).isEqualTo(server().confidentialClient().id());
		assertCalls(agent);
	}

	@Test
	@DisplayName("authorization code with a client without a secret")
	void loginWhenClientIsPublicSaysWhetherItCanRefresh() {
		Agent agent = agent("client-id=" + publicClient());
		ServerStatus status = logIn(agent);
		assertThat(status.state()).isEqualTo(State.AUTHORIZED);
		assertThat(status.grant().refreshTokenPresent()).isEqualTo(refreshesPublicClients());
		assertThat(String.valueOf(agent.status().explanation().reason()).contains("no refresh token was issued"))
			.isEqualTo(!refreshesPublicClients());
		assertCalls(agent);
	}

	@Test
	@DisplayName("refresh with rotation, and a grant that was ended at the server")
	void refreshWhenServerRotatesKeepsTheNewestToken() {
		Agent agent = agent(confidential());
		logIn(agent);
		long before = server().tokenRequests("refresh_token", "ok");
		String first = refreshToken(agent);
		agent.refresh();
		String second = refreshToken(agent);
		agent.refresh();
		assertThat(List.of(first, second, refreshToken(agent))).doesNotHaveDuplicates();
		assertThat(server().tokenRequests("refresh_token", "ok")).isEqualTo(before + 2);
		assertCalls(agent);
		server().revokeGrants();
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(agent::refresh)
			.withMessageContaining("invalid_grant")
			.withMessageContaining("mcp login demo");
		assertThat(agent.call("hello")).containsEntry("isError", true).asString().contains("needs_reauth");
		assertThat(agent.status().state()).isEqualTo(State.LOGIN_REQUIRED);
	}

	@ParameterizedTest(name = "client credentials with {0}")
	@ValueSource(strings = { "client_secret_basic", "client_secret_post" })
	void callWhenClientHasASecretNeedsNobody(String method) {
		Agent agent = agent(with(confidential(), CLIENT_CREDENTIALS, issuer(), "token-endpoint-auth-method=" + method));
		long before = server().tokenRequests("client_credentials", "ok");
		assertCalls(agent);
		agent.refresh();
		assertCalls(agent);
		assertThat(server().tokenRequests("client_credentials", "ok")).isEqualTo(before + 2);
		assertThat(agent.status().grant().refreshTokenPresent()).isFalse();
	}

	@Test
	@DisplayName("client credentials with a wrong secret")
	void callWhenSecretIsWrongSaysWhoRefused() {
		Agent agent = agent(CLIENT_CREDENTIALS, issuer(), "client-id=" + server().confidentialClient().id(),
				"client-secret=wrong");
		Throwable failure = catchThrowable(agent::accessToken);
		assertThat(failure).isInstanceOf(LoginRequiredException.class)
			.hasMessageContaining(server().issuer().toString())
			.hasMessageContaining(wrongSecret())
			.hasMessageNotContaining("client-secret=wrong");
	}

	@Test
	@DisplayName("private_key_jwt with client credentials")
	void callWhenClientHasAKeyNeedsNobody() {
		Agent agent = agent(with(key(), CLIENT_CREDENTIALS, issuer()));
		assertCalls(agent);
		agent.refresh();
		assertCalls(agent);
	}

	@Test
	@DisplayName("private_key_jwt with code, refresh and revocation")
	void loginWhenClientHasAKeySignsForCodeRefreshAndRevocation() {
		Agent agent = agent(key());
		ServerStatus status = logIn(agent);
		assertThat(status.grant().clientId()).isEqualTo(keyClient());
		assertThat(status.grant().refreshTokenPresent()).isTrue();
		String before = refreshToken(agent);
		agent.refresh();
		assertThat(refreshToken(agent)).isNotEqualTo(before);
		assertCalls(agent);
		String token = agent.accessToken();
		assertThat(agent.logout()).as("confirmed by the server").isTrue();
		assertThat(server().isActive(token)).isFalse();
	}

	@Test
	@DisplayName("DPoP with code and refresh; the token alone is worthless")
	void loginWhenTokensAreBoundProvesThem() {
		Agent agent = agent(with(confidential(), "dpop=true"));
		logIn(agent);
		String key = agent.stored().path("dpop_key").toString();
		assertThat(agent.stored().path("token_type").asString("")).isEqualToIgnoringCase("DPoP");
		assertCalls(agent);
		String before = agent.accessToken();
		agent.refresh();
		assertThat(agent.accessToken()).isNotEqualTo(before);
		assertThat(agent.stored().path("token_type").asString("")).isEqualToIgnoringCase("DPoP");
		assertThat(agent.stored().path("dpop_key").toString()).isEqualTo(key);
		assertCalls(agent);
		assertThat(withoutProof(agent.accessToken())).isEqualTo(401);
	}

	@Test
	@DisplayName("DPoP with client credentials")
	void callWhenTokensOfTheClientAreBoundProvesThem() {
		Agent agent = agent(with(confidential(), CLIENT_CREDENTIALS, issuer(), "dpop=true"));
		assertCalls(agent);
		assertThat(agent.stored().path("token_type").asString("")).isEqualToIgnoringCase("DPoP");
		assertThat(withoutProof(agent.accessToken())).isEqualTo(401);
	}

	@Test
	@DisplayName("device code, by a client with private_key_jwt")
	void deviceLoginWhenConfirmedLogsIn() {
		Agent agent = agent(key());
		ServerStatus status = logInByCode(agent);
		assertThat(status.grant().clientId()).isEqualTo(keyClient());
		assertThat(status.state()).isEqualTo(State.AUTHORIZED);
		assertThat(status.grant().refreshTokenPresent()).isTrue();
		assertCalls(agent);
		agent.refresh();
		assertCalls(agent);
	}

	@Test
	@DisplayName("iss in the authorization response (RFC 9207)")
	void loginWhenResponseNamesAnotherIssuerIsRefused() {
		Agent agent = agent(confidential());
		Login login = agent.begin(LoginRequest.withoutBrowser());
		String redirect = server().consent(Objects.requireNonNull(login.authorizationUrl())).toString();
		assertThat(redirect.contains("iss=")).isEqualTo(sendsIssuer());
		String other = redirect.replaceAll("[?&]iss=[^&]*", "") + "&iss=https://elsewhere.example";
		assertThat(failure(login.complete(other))).isInstanceOf(LoginException.class);
		assertThat(server().tokenRequests("authorization_code", "invalid_grant")).isZero();
		if (sendsIssuer()) {
			Login next = agent.begin(LoginRequest.withoutBrowser());
			String without = server().consent(Objects.requireNonNull(next.authorizationUrl()))
				.toString()
				.replaceAll("&iss=[^&]*", "");
			assertThat(failure(next.complete(without))).as("promised in the metadata and not there")
				.isInstanceOf(LoginException.class);
		}
		assertThat(logIn(agent).state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	@DisplayName("resource indicator (RFC 8707) of another server")
	void loginWhenResourceIsAnotherIsRefusedWhereItIsLookedAt() {
		Agent agent = agent(with(confidential(), "resource=https://elsewhere.example/mcp"));
		Login login = agent.begin(LoginRequest.withoutBrowser());
		String redirect = server().consent(Objects.requireNonNull(login.authorizationUrl())).toString();
		Throwable failure = failure(login.complete(redirect));
		if (checksResource()) {
			assertThat(failure).isInstanceOf(LoginException.class)
				.hasMessageContaining("'invalid_target'")
				.hasMessageContaining("'mcp.servers.demo.oauth.resource'");
		}
		else {
			assertThat(failure).isNull();
			assertThat(agent.status().grant().resource()).isEqualTo("https://elsewhere.example/mcp");
		}
	}

	@Test
	@DisplayName("revocation")
	void logoutWhenServerRevokesEndsTheGrant() {
		Agent agent = agent(confidential());
		logIn(agent);
		String token = agent.accessToken();
		assertThat(server().isActive(token)).isTrue();
		assertThat(agent.logout()).as("confirmed by the server").isTrue();
		assertThat(server().isActive(token)).isFalse();
		assertThat(agent.status().state()).isEqualTo(State.LOGIN_REQUIRED);
	}

	@Test
	@DisplayName("token exchange on behalf of a user (RFC 8693)")
	void callOnBehalfOfAUserExchangesTheirToken() throws IOException {
		allowTokenExchange();
		Agent users = agent(confidential());
		logIn(users);
		Path token = Files.writeString(this.directory.resolve("subject-token"), users.accessToken());
		Path other = Files.createDirectory(this.directory.resolve("agent"));
		Agent agent = Agent.start(other, mcpUrl(),
				with(confidential(), "grant-type=token-exchange", issuer(), "subject-token-file=" + token));
		this.agents.add(agent);
		assertCalls(agent);
		assertThat(agent.accessToken()).isNotEqualTo(users.accessToken());
	}

	private Agent agent(String... oauth) {
		return start(mcpUrl(), oauth);
	}

	private Agent start(URI mcpUrl, String... oauth) {
		Agent agent = Agent.start(this.directory, mcpUrl, oauth);
		this.agents.add(agent);
		return agent;
	}

	private String[] confidential() {
		Client client = server().confidentialClient();
		return new String[] { "client-id=" + client.id(), "client-secret=" + client.secret() };
	}

	private String[] key() {
		return new String[] { "client-id=" + keyClient(), "private-key-location=" + keys().write(this.directory) };
	}

	private String issuer() {
		return "authorization-server=" + server().issuer();
	}

	private static String[] with(String[] some, String... more) {
		String[] all = Arrays.copyOf(some, some.length + more.length);
		System.arraycopy(more, 0, all, some.length, more.length);
		return all;
	}

	private ServerStatus logIn(Agent agent) {
		Login login = agent.begin(LoginRequest.withoutBrowser());
		server().logIn(Objects.requireNonNull(login.authorizationUrl()));
		return Agent.end(login);
	}

	private ServerStatus logInByCode(Agent agent) {
		Login login = agent.begin(LoginRequest.withDeviceCode());
		assertThat(Objects.requireNonNull(login.userCode()).value()).isNotBlank();
		server().confirm(Objects.requireNonNull(login.authorizationUrl()));
		return Agent.end(login);
	}

	private static void assertCalls(Agent agent) {
		assertThat(agent.call("hello")).satisfies((result) -> assertThat(result).asString().contains("text=hello"))
			.doesNotContainEntry("isError", true);
	}

	private static String refreshToken(Agent agent) {
		return agent.stored().path("refresh_token").asString("");
	}

	private static @Nullable Throwable failure(Mono<?> mono) {
		return catchThrowable(() -> mono.block(Agent.PATIENCE));
	}

	/**
	 * What the MCP server answers to whoever has the token and not its key.
	 */
	private int withoutProof(String token) {
		return Agent.initialize(mcpUrl(), Map.of("Authorization", "Bearer " + token));
	}

}
