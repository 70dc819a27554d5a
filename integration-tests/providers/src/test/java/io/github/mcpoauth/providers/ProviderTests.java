// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.TransientAuthorizationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A login, an expiry, a restart and a revocation at each provider's stand-in.
 */
@Tag("providers")
class ProviderTests {

	@TempDir
	private Path directory;

	@ParameterizedTest(name = "{0}")
	@MethodSource("vendors")
	void agentWhenItMeetsAProviderLogsInRenewsRestartsAndHearsOfARevocation(String row, Supplier<StandIn> vendor)
			throws Exception {
		try (StandIn standIn = vendor.get()) {
			requireAdvice(standIn);
			try (Agent agent = Agent.start(this.directory, standIn)) {
				assertThat(agent.call("before the login").toString()).contains("needs_reauth");
				assertThat(agent.login(standIn.visits()).state()).isEqualTo(ServerStatus.State.AUTHORIZED);
				assertThat(agent.call("first").toString()).contains("first");
				standIn.expireAccessTokens();
				assertThat(agent.call("after an expiry").toString()).contains("after an expiry");
				assertThat(standIn.refreshes()).as("token requests for one expiry").isOne();
			}
			try (Agent agent = Agent.start(this.directory, standIn)) {
				assertThat(agent.call("after a restart").toString()).contains("after a restart");
				standIn.revoke();
				if (standIn.refusesClearly()) {
					assertThat(agent.call("after a revocation").toString()).contains("needs_reauth");
					assertThat(agent.status().state()).isEqualTo(ServerStatus.State.LOGIN_REQUIRED);
				}
				else {
					// Doubt is never a logout, and the server's own words reach the
					// caller
					assertThatExceptionOfType(TransientAuthorizationException.class)
						.isThrownBy(() -> agent.call("after a revocation"))
						.withMessageContaining(standIn.refusal());
				}
				assertThat(agent.login(standIn.visits()).state()).as("a new login ends it")
					.isEqualTo(ServerStatus.State.AUTHORIZED);
				assertThat(agent.call("after a new login").toString()).contains("after a new login");
			}
			Files.writeString(Files.createDirectories(Path.of("target")).resolve("providers.md"),
					"| %s | %s | passed | passed | passed | passed |%n".formatted(standIn.vendor(), row),
					StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
	}

	@Test
	@DisplayName("F47: two accounts at one MCP server")
	void agentWhenTwoEntriesNameOneServerKeepsTheirAccountsApart() throws Exception {
		try (StandIn standIn = new Conforming();
				Agent agent = Agent.start(this.directory, standIn, List.of("oauth.client-name=private"),
						"--mcp.servers.work.url=" + standIn.configuredUrl(), "--mcp.servers.work.oauth.enabled=true")) {
			agent.login(1);
			assertThat(agent.call("private").toString()).contains("private");
			assertThat(agent.call("work", "before its login").toString()).contains("needs_reauth");
			agent.login("work", 1);
			assertThat(agent.call("work", "work").toString()).contains("work");
			assertThat(standIn.accepted()).as("access tokens that were used").hasSize(2);
		}
	}

	/**
	 * Where a setting is needed, the failed login names it and its value.
	 */
	private void requireAdvice(StandIn standIn) {
		List<String> advised = standIn.advisedSettings();
		if (advised.isEmpty()) {
			return;
		}
		try (Agent agent = Agent.start(this.directory, standIn, standIn.settings())) {
			assertThatExceptionOfType(LoginException.class).isThrownBy(() -> agent.login(1))
				.satisfies((ex) -> advised.forEach((setting) -> {
					String[] parts = setting.split("=", 2);
					assertThat(ex).hasMessageContainingAll(parts[0].substring("oauth.".length()), parts[1]);
				}));
		}
	}

	static Stream<Arguments> vendors() {
		return Stream.of(row("as the specifications say", Conforming::new),
				row("F9: errors under 200, form-encoded answers, scopes with commas", GitHub::new),
				row("F41: token_type user, tokens and errors in members of its own", Slack::new),
				row("F42: a code of its own in capitals", HubSpot::new),
				row("F42: an error object nested below error", NestedErrors::new),
				row("F42: an array under 401", ErrorArrays::new),
				row("no expires_in, issued_at in ms", Salesforce::new),
				row("F43: a secret for a client that said none", Figma::new),
				row("F44: 307 to a path with a slash", SlashRedirect::new),
				row("F45: an encoded ARN and a query", BedrockAgentCore::new),
				row("F46: metadata of another issuer", Atlassian::new),
				row("F48: 403 invalid_token for an expired token", VercelMcpHandler::new),
				row("F49: a gateway's own headers", CloudflareAccess::new),
				row("F50: registration takes localhost only", ContextStream::new),
				row("F51: the transport of 2024-11-05 only", Sse20241105::new),
				row("F53: a bot challenge at one metadata address", BotChallenge::new),
				row("F55: a clock ten minutes ahead", FastClock::new),
				row("F56: client_id in the body beside Basic", BasicAndBody::new),
				row("F57: an error without state first", ErrorWithoutState::new),
				row("registration of a few members only", StrictRegistration::new),
				row("F58: offline_access only with prompt=consent", OidcProvider::new),
				row("F16: resource switched off", EntraId::new), row("offline access as a parameter", Google::new));
	}

	private static Arguments row(String quirk, Supplier<StandIn> vendor) {
		return Arguments.of(quirk, vendor);
	}

}
