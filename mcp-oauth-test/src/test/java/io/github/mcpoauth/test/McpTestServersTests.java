// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.login.Browser;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.store.TokenStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link McpTestServers} in an application that is tested without an annotation
 * of this module.
 */
@SpringBootTest
class McpTestServersTests {

	private static final Map<String, Object> ARGUMENTS = Map.of("query", "open");

	@Autowired
	@SuppressWarnings("NullAway.Init")
	private McpTestServers servers;

	@Autowired
	@SuppressWarnings("NullAway.Init")
	private McpToolClient tools;

	@Autowired
	@SuppressWarnings("NullAway.Init")
	private McpOAuthManager manager;

	@Test
	void contextWhenTestSaysNothingCallsNoConfiguredServerAndReadsNoFile(@Autowired TokenStore store,
			@Autowired Browser browser) {
		assertThat(store).isInstanceOf(InMemoryTokenStore.class);
		assertThat(browser.open(URI.create("http://127.0.0.1:1/"))).isFalse();
		assertThat(this.manager.servers()).isNotEmpty()
			.allSatisfy((server) -> assertThat(server.url().getHost()).isEqualTo("127.0.0.1"));
		assertThat(this.servers.servers()).extracting(McpTestServer::name)
			.containsExactlyInAnyOrder("linear", "billing", "weather");
	}

	@Test
	void callToolWhenAuthorizedSendsTheToken() {
		McpTestServer linear = this.servers.authorized("linear").tool("search", "two issues");
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		assertThat(linear).receivedToken().receivedToolCall("search", ARGUMENTS).receivedRefreshes(0);
		assertThat(Objects.requireNonNull(this.tools.listTools("linear").block())).singleElement()
			.satisfies((tool) -> assertThat(tool).containsEntry("name", "search"));
	}

	@Test
	void callToolWhenLoginIsRequiredAnswersSoAndSendsNoToken() {
		McpTestServer linear = this.servers.loginRequired("linear").tool("search", "two issues");
		assertThat(call("linear", "search")).containsEntry("isError", true)
			.extractingByKey("structuredContent")
			.asString()
			.contains("needs_reauth=true");
		assertThat(linear).receivedNoToken().receivedNoToolCall();
	}

	@Test
	void callToolWhenUsersAreLoggedInSendsEachTheirOwnToken() {
		McpTestServer linear = this.servers.authorized("linear", "alice").tool("search", "two issues");
		this.servers.authorized("linear", "bob");
		this.tools.callTool(GrantKey.of("linear", "alice"), "search", ARGUMENTS).block();
		assertThat(linear).receivedTokenOf("alice").receivedNoTokenOf("bob");
		this.tools.callTool(GrantKey.of("linear", "bob"), "search", ARGUMENTS).block();
		assertThat(linear).receivedTokenOf("bob");
		this.servers.loginRequired("linear", "alice");
		assertThat(this.tools.callTool(GrantKey.of("linear", "alice"), "search", ARGUMENTS).block())
			.containsEntry("isError", true);
	}

	@Test
	void callToolWhenTokenIsExpiredRefreshesItOnce() {
		McpTestServer linear = this.servers.expired("linear").tool("search", "two issues");
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		assertThat(linear).receivedRefreshes(1).receivedToolCall("search");
	}

	@Test
	void callToolWhenTokenIsRejectedRecovers() {
		McpTestServer linear = this.servers.authorized("linear").tool("search", "two issues").rejectAccessTokens();
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		assertThat(linear).receivedRefreshes(1);
		assertThat(linear.requests()).extracting(McpTestServer.ReceivedRequest::token)
			.contains(McpTestServer.Token.REJECTED, McpTestServer.Token.LIVE);
	}

	@Test
	void callToolWhenGrantIsRevokedNeedsALogin() {
		McpTestServer linear = this.servers.authorized("linear").tool("search", "two issues").revokeGrants();
		assertThat(call("linear", "search")).containsEntry("isError", true);
		assertThat(linear).receivedNoToolCall();
		assertThat(linear.tokenRequests()).extracting(McpTestServer.TokenRequest::outcome).contains("invalid_grant");
		assertThat(status("linear").state()).isEqualTo(ServerStatus.State.LOGIN_REQUIRED);
	}

	@Test
	void callToolWhenAuthorizationServerIsDownFailsForNow() {
		this.servers.expired("linear").tool("search", "two issues").failTokenRequests(503);
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(() -> call("linear", "search"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 500, 503 })
	void callToolWhenServerFailsFails(int status) {
		this.servers.authorized("linear").failRequests(status);
		assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> call("linear", "search"));
	}

	@Test
	void callToolWhenScopeIsMissingSaysSo() {
		McpTestServer linear = this.servers.authorized("linear").tool("search", "two issues").requireScope("write");
		assertThat(call("linear", "search")).containsEntry("isError", true).asString().contains("write");
		assertThat(linear).receivedToken().receivedNoToolCall();
	}

	@Test
	void callToolWhenToolFailsAnswersItsError() {
		this.servers.authorized("linear").failingTool("search", "no such project");
		assertThat(call("linear", "search")).containsEntry("isError", true).asString().contains("no such project");
	}

	@Test
	void callToolWhenNoUserIsNeededGetsATokenByItself() {
		McpTestServer billing = this.servers.server("billing")
			.tool("invoice", (arguments) -> "invoice for " + arguments.get("query"));
		assertThat(text(call("billing", "invoice"))).isEqualTo("invoice for open");
		assertThat(billing).receivedToken();
		assertThat(billing.tokenRequests()).containsExactly(new McpTestServer.TokenRequest("client_credentials", "ok"));
		this.servers.loginRequired("billing");
		assertThat(call("billing", "invoice")).containsEntry("isError", true);
		this.servers.server("billing").reset();
		assertThat(this.servers.authorized("billing").tokenRequests()).isEmpty();
	}

	@Test
	void callToolWhenTheClientIsAnotherOneIsRefused() {
		McpTestServer billing = this.servers.server("billing").tool("invoice", "paid").requireClient("agent", "other");
		assertThat(call("billing", "invoice")).containsEntry("isError", true);
		assertThat(billing.tokenRequests()).extracting(McpTestServer.TokenRequest::outcome)
			.containsOnly("invalid_client");
		billing.requireClient("agent", "hush");
		this.manager.provider(GrantKey.of("billing")).refresh(Duration.ZERO).block();
		assertThat(text(call("billing", "invoice"))).isEqualTo("paid");
	}

	@Test
	void callToolWhenTokensAreBoundProvesTheKey() {
		this.servers.server("linear").requireDPoP().tool("search", "two issues");
		McpTestServer linear = this.servers.authorized("linear");
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		assertThat(linear).receivedToken();
		linear.rejectAccessTokens();
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		assertThat(linear).receivedRefreshes(1);
		assertThat(this.manager.provider(GrantKey.of("linear")).token().block())
			.satisfies((token) -> assertThat(token.isBound()).isTrue());
	}

	@Test
	void loginWhenADeviceCodeIsUsedWaitsForTheUser() {
		McpTestServer linear = this.servers.server("linear").offerDeviceLogin().tool("search", "two issues");
		Login login = begin();
		linear.confirmDeviceLogin(userCode(login), null);
		login.completion().block();
		assertThat(text(call("linear", "search"))).isEqualTo("two issues");
		Login denied = begin();
		linear.denyDeviceLogin(userCode(denied));
		assertThatExceptionOfType(LoginException.class).isThrownBy(() -> denied.completion().block())
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(LoginException.Reason.DENIED));
	}

	private Login begin() {
		return Objects
			.requireNonNull(this.manager.provider(GrantKey.of("linear")).login(LoginRequest.withDeviceCode()).block());
	}

	private static String userCode(Login login) {
		return Objects.requireNonNull(login.userCode()).value();
	}

	@Test
	void tokenWhenPreviousTestsWereLoggedInIsAbsent() {
		this.servers.authorized("linear");
		this.servers.reset();
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> this.tools.listTools("linear").block());
		assertThat(this.servers.server("linear").tokenRequests()).isEmpty();
	}

	@Test
	void serverWhenThereIsNoneOfThatNameSaysWhichThereAre() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.servers.authorized("liner"))
			.withMessageContainingAll("liner", "linear", "@AutoConfigureMcpTestServers");
	}

	@Test
	void assertionWhenItFailsSaysWhatWasReceived() {
		McpTestServer linear = this.servers.authorized("linear").tool("search", "two issues");
		call("linear", "search");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThat(linear).receivedToolCall("search", Map.of("query", "closed")))
			.withMessageContainingAll("'linear'", "{query=closed}", "tools/call", "{query=open}");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(linear).receivedNoToken())
			.withMessageContaining("not to have received");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(linear).receivedRefreshes(1))
			.withMessageContaining("received 0");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThat(linear).receivedTokenOf("alice"));
	}

	private Map<String, Object> call(String server, String tool) {
		return Objects.requireNonNull(this.tools.callTool(server, tool, ARGUMENTS).block());
	}

	private ServerStatus status(String server) {
		return Objects.requireNonNull(this.manager.provider(GrantKey.of(server)).status().block());
	}

	private static Object text(Map<String, Object> result) {
		assertThat(result.get("isError")).isNotEqualTo(true);
		List<?> content = (List<?>) Objects.requireNonNull(result.get("content"));
		return Objects.requireNonNull(((Map<?, ?>) content.get(0)).get("text"));
	}

}
