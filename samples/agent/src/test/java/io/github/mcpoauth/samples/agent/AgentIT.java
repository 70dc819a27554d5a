// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The agent's jar from before the login to after the logout: as a server, and as a
 * command in other processes that share its store.
 */
@TestMethodOrder(OrderAnnotation.class)
class AgentIT {

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
	@DisplayName("F19 before the login requests, status and test say that a login is required, and do not wait for it")
	void agentWhenNobodyHasLoggedInSaysThatAPersonIsNeeded() throws Exception {
		JarProcess status = agent("mcp", "status", "demo", "--json");
		JarProcess test = agent("mcp", "test", "demo", "--json");
		assertThat(status.exitCode()).isZero();
		assertThat(json(status.out()).get("state").asString()).isEqualTo("LOGIN_REQUIRED");
		assertThat(json(status.out()).get("url").asString()).isEqualTo(demoUrl.toString());
		assertThat(test.exitCode()).isEqualTo(3);
		assertThat(json(test.out()).get("needs_reauth").asBoolean()).isTrue();
		HttpResponse<String> call = post("/tools/demo/echo", "{\"message\":\"hello\"}");
		assertThat(call.statusCode()).isEqualTo(200);
		assertThat(json(call.body()).get("isError").asBoolean()).isTrue();
		assertThat(json(call.body()).at("/structuredContent/needs_reauth").asBoolean()).isTrue();
		assertThat(json(get("/tools").body()).at("/0/needs_reauth").asBoolean()).isTrue();
		assertThat(stats().at("/authorizations").properties()).isEmpty();
	}

	@Test
	@Order(2)
	void loginWhenTheBrowserComesBackStoresTheGrantForAllProcesses() throws Exception {
		JarProcess login = agent("mcp", "login", "demo", "--json", "--no-browser");
		String url = login.await("^\\{\"authorization_url\":\"([^\"]+)\"}$");
		assertThat(HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).statusCode())
			.isEqualTo(200);
		assertThat(login.exitCode()).isZero();
		assertThat(login.out().lines()).hasSize(2);
		JsonNode status = json(login.out().lines().skip(1).findFirst().orElseThrow());
		assertThat(status.get("state").asString()).isEqualTo("AUTHORIZED");
		assertThat(status.get("refresh_token_present").asBoolean()).isTrue();
		assertThat(text(post("/tools/demo/echo", "{\"message\":\"hello\"}"))).isEqualTo("hello");
		rememberSecrets();
	}

	@Test
	@Order(3)
	void serverWhenCalledPassesOnWhatTheServerSays() throws Exception {
		JsonNode tools = json(get("/tools").body());
		assertThat(tools.at("/0/server").asString()).isEqualTo("demo");
		assertThat(tools.at("/0/tools").values()).extracting((tool) -> tool.get("name").asString()).contains("echo");
		assertThat(text(post("/tools/demo/add", "{\"a\":40,\"b\":2}"))).isEqualTo("42");
		HttpResponse<String> withoutArguments = post("/tools/demo/time", "");
		assertThat(withoutArguments.statusCode()).isEqualTo(200);
		assertThat(post("/tools/nobody/echo", "{}").statusCode()).isEqualTo(404);
		assertThat(post("/tools/demo/nothing", "{}").statusCode()).isEqualTo(404);
		assertThat(post("/tools/demo/echo", "{").statusCode()).isEqualTo(400);
		assertThat(post("/tools/demo/echo", "[1]").statusCode()).isEqualTo(400);
		assertThat(get("/actuator/health").statusCode()).isEqualTo(200);
	}

	@ParameterizedTest
	@Order(2)
	@CsvSource({ "Content-Type,text/plain,415", "Content-Type,application/x-www-form-urlencoded,415",
			"Origin,https://evil.example,403", "Origin,null,403" })
	@DisplayName("S18: a web page cannot call tools with the user's token")
	void callWhenFromAWebPageIsRefused(String header, String value, int status)
			throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(agentUrl.resolve("/tools/demo/echo"))
			.timeout(Duration.ofMinutes(1))
			.header("Content-Type", "application/json")
			.setHeader(header, value)
			.POST(BodyPublishers.ofString("{\"message\":\"stolen\"}"));
		HttpResponse<String> answer = HTTP.send(request.build(), BodyHandlers.ofString());
		assertThat(answer.statusCode()).isEqualTo(status);
		assertThat(answer.body()).doesNotContain("stolen");
	}

	@Test
	@Order(2)
	@DisplayName("S18: nor one that makes its own name resolve to this machine")
	void callWhenHostIsForeignIsRefused() throws IOException {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), agentUrl.getPort())) {
			socket.setSoTimeout(60_000);
			socket.getOutputStream().write("""
					POST /tools/demo/echo HTTP/1.1\r
					Host: evil.example:%d\r
					Connection: close\r
					Content-Type: application/json\r
					Content-Length: 20\r
					\r
					{"message":"stolen"}""".formatted(agentUrl.getPort()).getBytes(StandardCharsets.UTF_8));
			assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
				.startsWith("HTTP/1.1 403")
				.doesNotContain("stolen");
		}
	}

	@Test
	@Order(4)
	@DisplayName("F38 a job in another process refreshes, and the running server uses its token")
	void refreshWhenRunByAnotherProcessServesThisOneToo() throws Exception {
		JsonNode before = stats();
		JarProcess refresh = agent("mcp", "refresh", "--all", "--force", "--json");
		assertThat(refresh.exitCode()).isZero();
		assertThat(json(refresh.out()).at("/servers/0/state").asString()).isEqualTo("AUTHORIZED");
		rememberSecrets();
		assertThat(text(post("/tools/demo/echo", "{\"message\":\"again\"}"))).isEqualTo("again");
		assertThat(refreshes(stats())).isEqualTo(refreshes(before) + 1);
		assertThat(rejected(stats())).isEqualTo(rejected(before));
	}

	@Test
	@Order(5)
	void commandWhenItCallsAToolPrintsItsResult() throws Exception {
		JarProcess call = agent("mcp", "call", "demo", "echo", "{\"message\":\"from a shell\"}");
		JarProcess unknown = agent("mcp", "call", "nobody", "echo");
		assertThat(call.exitCode()).isZero();
		assertThat(call.out()).isEqualTo("from a shell\n");
		assertThat(unknown.exitCode()).isEqualTo(2);
		assertThat(unknown.out()).isEmpty();
		assertThat(unknown.err()).contains("'nobody'", "demo");
	}

	@Test
	@Order(6)
	@DisplayName("Tokens that are bound to a key (RFC 9449) are issued, proved, shared and renewed")
	void commandsWhenTokensAreBoundProveThem(@TempDir Path directory) throws Exception {
		String[] bound = { "--mcp.servers.demo.oauth.dpop=true", "--mcp.oauth.store.file.directory=" + directory };
		JarProcess login = agent(bound, "mcp", "login", "demo", "--json", "--no-browser");
		String url = login.await("^\\{\"authorization_url\":\"([^\"]+)\"}$");
		assertThat(url).contains("dpop_jkt=");
		HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
		assertThat(login.exitCode()).isZero();
		JsonNode before = json(Files.readString(directory.resolve("demo.json")));
		rememberSecrets(before);
		assertThat(before.get("token_type").asString()).isEqualTo("DPoP");
		HttpRequest.Builder stolen = HttpRequest.newBuilder(demoUrl)
			.header("Authorization", "DPoP " + before.get("access_token").asString())
			.POST(BodyPublishers.ofString("{}"));
		assertThat(HTTP.send(stolen.build(), BodyHandlers.ofString()).statusCode()).as("without a proof")
			.isEqualTo(401);
		assertThat(output(agent(bound, "mcp", "call", "demo", "echo", "{\"message\":\"proved\"}")))
			.isEqualTo("proved\n");
		assertThat(agent(bound, "mcp", "refresh", "demo", "--force").exitCode()).isZero();
		JsonNode after = json(Files.readString(directory.resolve("demo.json")));
		rememberSecrets(after);
		assertThat(after.get("access_token")).isNotEqualTo(before.get("access_token"));
		assertThat(after.get("token_type").asString()).isEqualTo("DPoP");
		assertThat(after.get("dpop_key")).isEqualTo(before.get("dpop_key"));
		assertThat(output(agent(bound, "mcp", "call", "demo", "echo", "{\"message\":\"again\"}"))).isEqualTo("again\n");
	}

	@Test
	@Order(7)
	@DisplayName("F19 a login by device code needs no way back to this machine")
	void loginWhenTheCodeIsConfirmedElsewhereStoresTheGrant() throws Exception {
		String before = Files.readString(store.resolve("demo.json"));
		JarProcess login = agent("mcp", "login", "demo", "--device", "--json");
		String userCode = login.await("\"user_code\":\"([^\"]+)\"");
		HttpResponse<String> confirmed = HTTP.send(
				HttpRequest.newBuilder(demoUrl.resolve("/oauth2/device_verification?user_code=" + userCode)).build(),
				BodyHandlers.ofString());
		assertThat(confirmed.body()).contains("Your device is logged in");
		assertThat(login.exitCode()).isZero();
		assertThat(json(login.out().lines().skip(1).findFirst().orElseThrow()).get("state").asString())
			.isEqualTo("AUTHORIZED");
		assertThat(Files.readString(store.resolve("demo.json"))).isNotEqualTo(before);
		rememberSecrets();
		assertThat(text(post("/tools/demo/echo", "{\"message\":\"by device\"}"))).isEqualTo("by device");
	}

	@Test
	@Order(8)
	@DisplayName("An agent that was processed ahead of time, and has virtual threads where the JDK has them, does the same")
	void agentWhenProcessedAheadOfTimeCallsAndRecovers() throws Exception {
		JarProcess status = aot("mcp", "status", "demo", "--json");
		JarProcess server = aot("--server.port=0", "--spring.threads.virtual.enabled=true");
		URI url = URI.create("http://127.0.0.1:" + server.await("Netty started on port (\\d+)"));
		assertThat(server.out()).contains("AOT-processed");
		assertThat(text(post(url, "/tools/demo/echo", "{\"message\":\"ahead of time\"}"))).isEqualTo("ahead of time");
		HTTP.send(HttpRequest.newBuilder(demoUrl.resolve("/demo/revoke-access-tokens"))
			.POST(BodyPublishers.noBody())
			.build(), BodyHandlers.discarding());
		assertThat(text(post(url, "/tools/demo/echo", "{\"message\":\"recovered\"}"))).isEqualTo("recovered");
		rememberSecrets();
		HttpResponse<String> endpoint = HTTP
			.send(HttpRequest.newBuilder(url.resolve("/actuator/mcpoauth/demo")).build(), BodyHandlers.ofString());
		assertThat(json(endpoint.body()).get("state").asString()).isEqualTo("AUTHORIZED");
		assertThat(json(output(status)).get("state").asString()).isEqualTo("AUTHORIZED");
	}

	@Test
	@Order(9)
	void serverWhenTheAuthorizationServerIsAwaySaysWhenToTryAgain() throws Exception {
		demo.close();
		HttpResponse<String> call = post("/tools/demo/echo", "{\"message\":\"hello\"}");
		assertThat(call.statusCode()).isEqualTo(503);
		assertThat(call.headers().firstValueAsLong("Retry-After").orElse(0)).isPositive();
		JarProcess refresh = agent("mcp", "refresh", "demo", "--force");
		assertThat(refresh.exitCode()).isEqualTo(4);
	}

	@Test
	@Order(10)
	void logoutWhenTheAuthorizationServerIsAwayStillForgetsTheGrant() throws Exception {
		JarProcess logout = agent("mcp", "logout", "demo", "--json");
		assertThat(logout.exitCode()).isZero();
		assertThat(json(logout.out()).get("revoked").asBoolean()).isFalse();
		assertThat(store.resolve("demo.json")).doesNotExist();
	}

	@Test
	@Order(11)
	@DisplayName("F32 nothing that any process printed holds a secret, or a stack trace")
	void outputWhenAllIsDoneHoldsNoSecret() {
		assertThat(SECRETS).hasSizeGreaterThanOrEqualTo(4);
		for (JarProcess process : PROCESSES) {
			assertThat(process.out() + process.err()).doesNotContain(SECRETS).doesNotContain("\tat ");
		}
	}

	private static JarProcess agent(String... arguments) throws IOException {
		return agent(new String[] { "--mcp.oauth.store.file.directory=" + store }, arguments);
	}

	private static JarProcess agent(String[] properties, String... arguments) throws IOException {
		List<String> all = new ArrayList<>(Arrays.asList(arguments));
		all.add("--mcp.servers.demo.url=" + demoUrl);
		all.addAll(Arrays.asList(properties));
		JarProcess process = JarProcess.start("agent.jar", all);
		PROCESSES.add(process);
		return process;
	}

	private static JarProcess aot(String... arguments) throws IOException {
		List<String> all = new ArrayList<>(Arrays.asList(arguments));
		all.add("--mcp.servers.demo.url=" + demoUrl);
		all.add("--mcp.oauth.store.file.directory=" + store);
		JarProcess process = JarProcess.start("agent.jar", List.of("-Dspring.aot.enabled=true"), all);
		PROCESSES.add(process);
		return process;
	}

	private static String output(JarProcess process) throws InterruptedException {
		assertThat(process.exitCode()).as(process.err()).isZero();
		return process.out();
	}

	private static void rememberSecrets() throws IOException {
		rememberSecrets(json(Files.readString(store.resolve("demo.json"))));
	}

	private static void rememberSecrets(JsonNode grant) {
		SECRETS.add(grant.get("access_token").asString());
		SECRETS.add(grant.get("refresh_token").asString());
		if (grant.has("dpop_key")) {
			SECRETS.add(json(grant.get("dpop_key").asString()).get("d").asString());
		}
	}

	private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return HTTP.send(HttpRequest.newBuilder(agentUrl.resolve(path)).timeout(Duration.ofMinutes(1)).build(),
				BodyHandlers.ofString());
	}

	private static HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
		return post(agentUrl, path, body);
	}

	private static HttpResponse<String> post(URI server, String path, String body)
			throws IOException, InterruptedException {
		return HTTP.send(HttpRequest.newBuilder(server.resolve(path))
			.timeout(Duration.ofMinutes(1))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(body))
			.build(), BodyHandlers.ofString());
	}

	private static String text(HttpResponse<String> answer) {
		assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
		return json(answer.body()).at("/content/0/text").asString();
	}

	private static JsonNode stats() throws IOException, InterruptedException {
		return json(HTTP.send(HttpRequest.newBuilder(demoUrl.resolve("/demo/stats")).build(), BodyHandlers.ofString())
			.body());
	}

	private static long refreshes(JsonNode stats) {
		return stats.at("/tokenRequests/refresh_token/ok").asLong(0);
	}

	private static long rejected(JsonNode stats) {
		return stats.at("/mcpRequests/401").asLong(0);
	}

	private static JsonNode json(String text) {
		return JsonMapper.shared().readTree(text);
	}

}
