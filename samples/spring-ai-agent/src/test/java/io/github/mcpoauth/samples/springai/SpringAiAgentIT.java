// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import io.github.mcpoauth.samples.agent.JarProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application's jar from before the login to after the grant is gone, with the login
 * in other processes that share its store.
 */
@TestMethodOrder(OrderAnnotation.class)
class SpringAiAgentIT {

	private static final HttpClient HTTP = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

	private static final List<JarProcess> PROCESSES = new ArrayList<>();

	private static final Set<String> SECRETS = new TreeSet<>();

	@TempDir
	private static Path store;

	private static JarProcess demo;

	private static URI demoUrl;

	private static URI agentUrl;

	@BeforeAll
	static void start() throws Exception {
		demo = JarProcess.start("demo-server.jar", List.of("--server.port=0", "--demo.auto-login=true"));
		PROCESSES.add(demo);
		demoUrl = URI.create(demo.await("MCP server: +(\\S+)"));
		agentUrl = URI.create("http://127.0.0.1:" + agent("--server.port=0").await("Netty started on port (\\d+)"));
	}

	@AfterAll
	static void stop() {
		PROCESSES.forEach(JarProcess::close);
	}

	@Test
	@Order(1)
	@DisplayName("F19 the application starts without a login, and the model learns that a login is required")
	void chatWhenNobodyHasLoggedInTellsTheModel() throws Exception {
		assertNeedsReauth(chat("echo hello"));
		assertThat(stats().at("/authorizations").properties()).isEmpty();
	}

	@Test
	@Order(2)
	@DisplayName("F4 after a login in another process the tools appear without a restart")
	void chatWhenSomebodyHasLoggedInElsewhereCallsTheTool() throws Exception {
		login();
		assertThat(text(chat("echo hello"))).isEqualTo("hello");
		assertThat(text(chat("add {\"a\": 40, \"b\": 2}"))).isEqualTo("42");
		assertThat(text(chat("echo {not json"))).isEqualTo("{not json");
		assertThat(chat("sing")).isEqualTo("My tools: add, echo, time");
	}

	@Test
	@Order(3)
	@DisplayName("F4 a token that another process has renewed is used, and no request is refused for it")
	void chatWhenAnotherProcessRefreshesUsesItsToken() throws Exception {
		JsonNode before = stats();
		assertThat(agent("mcp", "refresh", "demo", "--force").exitCode()).isZero();
		rememberSecrets();
		assertThat(text(chat("echo again"))).isEqualTo("again");
		assertThat(refreshes(stats())).isEqualTo(refreshes(before) + 1);
		assertThat(answered(stats(), 401)).isEqualTo(answered(before, 401));
	}

	@Test
	@Order(4)
	@DisplayName("F40 a 401 in the middle of a conversation costs one refresh and no answer")
	void chatWhenTokenIsRevokedHeals() throws Exception {
		JsonNode before = stats();
		control("revoke-access-tokens");
		assertThat(text(chat("echo again"))).isEqualTo("again");
		assertThat(refreshes(stats())).isEqualTo(refreshes(before) + 1);
		rememberSecrets();
	}

	@Test
	@Order(5)
	@DisplayName("F25 a server that has forgotten its sessions, and the token besides, costs no answer")
	void chatWhenSessionsAreForgottenHeals() throws Exception {
		JsonNode before = stats();
		control("forget-sessions");
		control("revoke-access-tokens");
		assertThat(text(chat("echo again"))).isEqualTo("again");
		assertThat(answered(stats(), 404)).isGreaterThan(answered(before, 404));
		rememberSecrets();
	}

	@Test
	@Order(6)
	void chatWhenGrantIsRevokedTellsTheModelUntilTheNextLogin() throws Exception {
		control("revoke-grants");
		assertNeedsReauth(chat("echo hello"));
		assertNeedsReauth(chat("echo hello"));
		login();
		assertThat(text(chat("echo back"))).isEqualTo("back");
	}

	@Test
	@Order(7)
	void chatWhenServerIsDownTellsTheModel() throws Exception {
		demo.close();
		assertThat(chat("echo hello")).contains("MCP server 'demo'", "cannot be reached")
			.doesNotContain("needs_reauth");
	}

	@Test
	@Order(8)
	@DisplayName("F32 nothing that any process printed holds a secret")
	void outputWhenAllIsDoneHoldsNoSecret() {
		assertThat(SECRETS).hasSizeGreaterThanOrEqualTo(8);
		for (JarProcess process : PROCESSES) {
			assertThat(process.out() + process.err()).doesNotContain(SECRETS);
		}
	}

	private static void login() throws Exception {
		JarProcess login = agent("mcp", "login", "demo", "--json", "--no-browser");
		String url = login.await("^\\{\"authorization_url\":\"([^\"]+)\"}$");
		assertThat(HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).statusCode())
			.isEqualTo(200);
		assertThat(login.exitCode()).isZero();
		rememberSecrets();
	}

	private static JarProcess agent(String... arguments) throws IOException {
		List<String> all = new ArrayList<>(Arrays.asList(arguments));
		all.add("--spring.ai.mcp.client.streamable-http.connections.demo.url=" + demoUrl.resolve("/"));
		all.add("--mcp.oauth.store.file.directory=" + store);
		JarProcess process = JarProcess.start("spring-ai-agent.jar", all);
		PROCESSES.add(process);
		return process;
	}

	private static void rememberSecrets() throws IOException {
		JsonNode grant = json(Files.readString(store.resolve("demo.json")));
		SECRETS.add(grant.get("access_token").asString());
		SECRETS.add(grant.get("refresh_token").asString());
	}

	private static String chat(String message) throws IOException, InterruptedException {
		HttpResponse<String> answer = HTTP.send(HttpRequest.newBuilder(agentUrl.resolve("/chat"))
			.timeout(Duration.ofMinutes(1))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(Map.of("message", message))))
			.build(), BodyHandlers.ofString());
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		return answer.body();
	}

	private static void assertNeedsReauth(String answer) {
		JsonNode members = json(answer);
		assertThat(members.propertyNames()).containsExactlyInAnyOrder("error", "needs_reauth", "server");
		assertThat(members.get("needs_reauth").asBoolean()).isTrue();
		assertThat(members.get("error").asString()).contains("mcp login demo");
	}

	private static String text(String answer) {
		assertThat(answer).startsWith("[");
		return json(answer).at("/0/text").asString();
	}

	private static void control(String name) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest.newBuilder(demoUrl.resolve("/demo/" + name))
			.POST(BodyPublishers.noBody())
			.build();
		assertThat(HTTP.send(request, BodyHandlers.discarding()).statusCode()).isEqualTo(200);
	}

	private static JsonNode stats() throws IOException, InterruptedException {
		return json(HTTP.send(HttpRequest.newBuilder(demoUrl.resolve("/demo/stats")).build(), BodyHandlers.ofString())
			.body());
	}

	private static long refreshes(JsonNode stats) {
		return stats.at("/tokenRequests/refresh_token/ok").asLong(0);
	}

	private static long answered(JsonNode stats, int status) {
		return stats.at("/mcpRequests/" + status).asLong(0);
	}

	private static JsonNode json(String text) {
		return JsonMapper.shared().readTree(text);
	}

}
