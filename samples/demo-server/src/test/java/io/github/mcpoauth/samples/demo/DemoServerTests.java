// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.modelcontextprotocol.modern.McpSchema;
import io.modelcontextprotocol.modern.client.McpSyncClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for the demo server, all of them over HTTP.
 */
class DemoServerTests {

	@Test
	void startWhenInTheProcessOfATestHasAddressControlsAndStats() {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			URI url = server.mcpUrl();
			server.controls().revokeGrants();
			assertThat(server.stats().tokenRequests("refresh_token", "ok")).isZero();
			assertThat(url).hasPath("/mcp");
		}
	}

	@Test
	void mcpWhenNoTokenPointsToMetadataOfResourceAndServer() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			DemoClient client = new DemoClient(server.url());
			HttpResponse<String> refused = client.mcp(null, null, DemoClient.INITIALIZE);
			String metadata = server.url() + "/.well-known/oauth-protected-resource/mcp";
			assertThat(refused.statusCode()).isEqualTo(401);
			assertThat(refused.headers().allValues("WWW-Authenticate"))
				.containsExactly("Bearer resource_metadata=\"%s\"".formatted(metadata));
			JsonNode resource = client.get(metadata);
			assertThat(resource.path("resource").asString()).isEqualTo(server.mcpUrl().toString());
			assertThat(resource.path("authorization_servers").path(0).asString()).isEqualTo(server.url().toString());
			for (String path : List.of("/.well-known/oauth-authorization-server",
					"/.well-known/openid-configuration")) {
				JsonNode authorizationServer = client.get(server.url() + path);
				assertThat(authorizationServer.path("issuer").asString()).isEqualTo(server.url().toString());
				assertThat(authorizationServer.path("registration_endpoint").asString())
					.isEqualTo(server.url() + "/oauth2/register");
				assertThat(authorizationServer.path("revocation_endpoint").asString())
					.isEqualTo(server.url() + "/oauth2/revoke");
				assertThat(authorizationServer.path("code_challenge_methods_supported").path(0).asString())
					.isEqualTo("S256");
				assertThat(authorizationServer.path("scopes_supported").valueStream().map(JsonNode::asString))
					.contains("mcp:tools", "offline_access");
			}
		}
	}

	@Test
	void toolsWhenLoggedInAreListedAndCalled() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.access-token-ttl=90s")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode tokens = client.logIn();
			assertThat(tokens.path("token_type").asString()).isEqualTo("Bearer");
			assertThat(tokens.path("expires_in").asInt()).isBetween(85, 90);
			String accessToken = tokens.path("access_token").asString();
			HttpResponse<String> initialized = client.mcp(accessToken, null, DemoClient.INITIALIZE);
			assertThat(initialized.statusCode()).isEqualTo(200);
			String session = initialized.headers().firstValue("Mcp-Session-Id").orElseThrow();
			assertThat(client.mcp(accessToken, session, """
					{"jsonrpc":"2.0","method":"notifications/initialized"}""").statusCode()).isEqualTo(202);
			assertThat(client.mcp(accessToken, session, """
					{"jsonrpc":"2.0","id":2,"method":"tools/list"}""").body()).contains("\"echo\"", "\"time\"",
					"\"add\"");
			assertThat(client.call(accessToken, session, "echo", "{\"message\":\"hello\"}")).isEqualTo("hello");
			assertThat(client.call(accessToken, session, "add", "{\"a\":40,\"b\":2}")).isEqualTo("42");
			assertThat(client.call(accessToken, session, "time", "{}")).endsWith("Z");
			DemoStats stats = server.stats();
			assertThat(stats.tokenRequests("authorization_code", "ok")).isEqualTo(1);
			assertThat(stats.mcpRequests(200)).isEqualTo(5);
			assertThat(client.get(server.url() + "/demo/stats").path("mcpRequests").path("200").asInt()).isEqualTo(5);
			assertThat(client.post("/demo/forget-sessions").body()).isEqualTo("{\"forgotten\":1}");
			assertThat(client.mcp(accessToken, session, """
					{"jsonrpc":"2.0","id":9,"method":"tools/list"}""").statusCode()).isEqualTo(404);
			assertThat(client.mcp("unknown", session, DemoClient.INITIALIZE).statusCode()).isEqualTo(401);
			assertThat(client.mcp(accessToken, null, DemoClient.INITIALIZE).statusCode()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@CsvSource({ "both, true, true", "legacy, true, false", "modern, false, true" })
	void toolsWhenProtocolIsSetAreCalledInIt(String spoken, boolean legacy, boolean modern) throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.protocol=" + spoken)) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode tokens = client.logIn();
			assertThat(client.initialize(tokens) == 200).isEqualTo(legacy);
			McpSyncClient modernClient = client.modern(tokens);
			if (modern) {
				assertThat(modernClient.discover().capabilities().tools()).isNotNull();
				assertThat(modernClient.tool("echo").arguments(Map.of("message", "hello")).call().content())
					.containsExactly(McpSchema.TextContent.builder("hello").build());
				assertThat(server.stats().mcpVersions()).containsEntry("2026-07-28", 3L);
			}
			else {
				assertThatException().isThrownBy(modernClient::discover);
			}
			assertThat(server.stats().mcpVersions()).containsEntry("none", 1L);
		}
	}

	@Test
	void appointmentsWhenUserLogsInToTheCalendarAreListed() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.calendar=true")) {
			DemoClient client = new DemoClient(server.url()).register();
			McpSyncClient modern = client.modern(client.logIn());
			assertThat(modern.tool("appointments").call().content())
				.containsExactly(McpSchema.TextContent.builder(ThirdParty.NO_ADDRESSES).build());
			assertThat(modern.tool("appointments")
				.urlElicitation((question) -> McpSchema.ElicitResult.decline())
				.call()
				.content()).containsExactly(McpSchema.TextContent.builder(ThirdParty.NOT_LOGGED_IN).build());
			List<String> urls = new ArrayList<>();
			modern.tool("appointments").urlElicitation((question) -> {
				urls.add(question.url());
				return McpSchema.ElicitResult.cancel();
			}).call();
			assertThat(client.page(urls.get(0))).contains("May the demo server read your calendar?");
			assertThat(client.post(urls.get(0).substring(server.url().toString().length())).body())
				.contains("You are logged in");
			assertThat(modern.tool("appointments").call().content())
				.containsExactly(McpSchema.TextContent.builder(ThirdParty.APPOINTMENTS).build());
			assertThat(client.post(ThirdParty.PATH + "?state=other").body()).contains("not one of the demo server");
		}
	}

	@Test
	void deviceWhenThePersonConsentsGetsTokens() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode device = client.device();
			String code = device.path("user_code").asString();
			assertThat(device.path("verification_uri").asString()).isEqualTo(server.url() + "/activate");
			assertThat(client.page(device.path("verification_uri_complete").asString())).contains("value=\"" + code);
			assertThat(client.deviceTokens(device).body()).contains("\"authorization_pending\"");
			assertThat(client.verify(code).headers().firstValue("Location"))
				.hasValueSatisfying((location) -> assertThat(location).endsWith("/login"));
			HttpResponse<String> consent = client.submitLogin("demo", "demo");
			assertThat(consent.body()).contains(code, "mcp:tools");
			HttpResponse<String> done = client.consentToDevice(consent, code);
			assertThat(client.page(done.headers().firstValue("Location").orElseThrow())).contains("is logged in");
			HttpResponse<String> tokens = client.deviceTokens(device);
			assertThat(tokens.body()).contains("\"access_token\"", "\"refresh_token\"");
			assertThat(client.verify("XXXX-XXXX").headers().firstValue("Location"))
				.hasValueSatisfying((location) -> assertThat(location).endsWith("outcome=refused"));
		}
	}

	@Test
	void tokenWhenForAnotherResourceIsNotIssued() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			DemoClient client = new DemoClient(server.url()).register();
			HttpResponse<String> refused = client.logIn("https://elsewhere.example/mcp");
			assertThat(refused.statusCode()).isEqualTo(400);
			assertThat(refused.body()).contains("\"invalid_target\"");
			assertThat(server.stats().tokenRequests("authorization_code", "invalid_target")).isEqualTo(1);
		}
	}

	@Test
	void refreshWhenTokenIsUsedTwiceRevokesTheGrant() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode first = client.logIn();
			HttpResponse<String> refreshed = client.refresh(first);
			assertThat(refreshed.statusCode()).isEqualTo(200);
			JsonNode second = DemoClient.read(refreshed);
			assertThat(second.path("refresh_token")).isNotEqualTo(first.path("refresh_token"));
			assertThat(client.initialize(first)).as("the access token that was replaced").isEqualTo(401);
			assertThat(client.initialize(second)).isEqualTo(200);
			assertThat(client.refresh(first).body()).contains("\"invalid_grant\"");
			assertThat(client.initialize(second)).isEqualTo(401);
			assertThat(client.refresh(second).body()).contains("\"invalid_grant\"");
			assertThat(server.stats().tokenRequests("refresh_token", "ok")).isEqualTo(1);
			assertThat(server.stats().tokenRequests("refresh_token", "invalid_grant")).isEqualTo(2);
		}
	}

	@Test
	void refreshWhenReuseDetectionIsOffKeepsTheGrant() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.reuse-detection=false")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode first = client.logIn();
			JsonNode second = DemoClient.read(client.refresh(first));
			assertThat(client.refresh(first).body()).contains("\"invalid_grant\"");
			assertThat(client.initialize(second)).isEqualTo(200);
			assertThat(client.refresh(second).statusCode()).isEqualTo(200);
		}
	}

	@Test
	void refreshWhenManyUseTheSameTokenServesOneAtMost() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.reuse-detection=false")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode tokens = client.logIn();
			List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 16)
				.mapToObj((index) -> client.refreshAsync(tokens))
				.toList();
			assertThat(answers.stream().map(CompletableFuture::join).map(HttpResponse::statusCode))
				.containsOnly(200, 400)
				.containsOnlyOnce(200);
		}
	}

	@Test
	void controlsWhenTokensAreRevokedTakeEffectAtOnce() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode first = client.logIn();
			assertThat(client.post("/demo/revoke-access-tokens").body()).isEqualTo("{\"revoked\":1}");
			assertThat(client.initialize(first)).isEqualTo(401);
			JsonNode second = DemoClient.read(client.refresh(first));
			assertThat(client.initialize(second)).isEqualTo(200);
			assertThat(client.post("/demo/revoke-grants").body()).isEqualTo("{\"revoked\":1}");
			assertThat(client.initialize(second)).isEqualTo(401);
			assertThat(client.refresh(second).body()).contains("\"invalid_grant\"");
			JsonNode third = client.logIn();
			assertThat(client.initialize(third)).isEqualTo(200);
			assertThat(client.post("/demo/forget-clients").body()).isEqualTo("{\"forgotten\":1}");
			assertThat(client.refresh(third).statusCode()).isEqualTo(401);
		}
	}

	@Test
	void revocationWhenOfRefreshTokenEndsTheGrant() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0", "--demo.auto-login=true")) {
			DemoClient client = new DemoClient(server.url()).register();
			JsonNode tokens = client.logIn();
			assertThat(client.revoke(tokens.path("refresh_token").asString()).statusCode()).isEqualTo(200);
			assertThat(client.initialize(tokens)).isEqualTo(401);
			assertThat(client.refresh(tokens).body()).contains("\"invalid_grant\"");
		}
	}

	@Test
	void authorizationWhenAPersonIsNeededAsksToLogInAndConsent() throws Exception {
		try (DemoServer server = DemoServer.start("--server.port=0")) {
			DemoClient client = new DemoClient(server.url()).register();
			HttpResponse<String> login = client.authorize(server.mcpUrl().toString());
			assertThat(login.statusCode()).isEqualTo(302);
			assertThat(login.headers().firstValue("Location").orElseThrow()).endsWith("/login");
			HttpResponse<String> consent = client.submitLogin("demo", "demo");
			assertThat(consent.statusCode()).isEqualTo(200);
			assertThat(consent.body()).contains("mcp:tools");
			JsonNode tokens = DemoClient.read(client.consent(consent));
			assertThat(client.initialize(tokens)).isEqualTo(200);
		}
	}

}
