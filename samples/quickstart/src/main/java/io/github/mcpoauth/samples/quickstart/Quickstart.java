// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.mcpoauth.samples.quickstart.Demo.Counts;
import tools.jackson.databind.JsonNode;

/**
 * Shows in one run the life of a token between login and revocation, and fails if a step
 * differs from its expectation.
 */
public final class Quickstart {

	private static final Duration TOKEN_LIFETIME = Duration.ofSeconds(20);

	private static final int PARALLEL_CALLS = 50;

	private final Demo demo;

	private final Agent agent;

	private final Requests requests;

	private Quickstart(Demo demo, Agent agent, Requests requests) {
		this.demo = demo;
		this.agent = agent;
		this.requests = requests;
	}

	/**
	 * Run the quickstart.
	 * @param args paths of the agent's jar and the demo server's jar
	 */
	public static void main(String[] args) throws Exception {
		Path directory = Files.createTempDirectory("mcp-oauth-quickstart");
		Requests requests = new Requests();
		int exitCode = 0;
		try (Demo demo = Demo.start(Path.of(args[1]), TOKEN_LIFETIME, requests)) {
			say("Demo server: %s, its tokens live %d seconds", demo.mcpUrl(), TOKEN_LIFETIME.toSeconds());
			List<String> settings = List.of("--mcp.servers.demo.url=" + demo.mcpUrl(),
					"--mcp.oauth.store.file.directory=" + directory);
			try (Agent agent = Agent.start(Path.of(args[0]), settings, requests)) {
				say("Agent: %s", agent.url());
				new Quickstart(demo, agent, requests).run();
			}
			say("All of it went as it should.");
		}
		catch (UnexpectedException | CompletionException ex) {
			say("FAILED: %s", String.valueOf(ex.getMessage()));
			exitCode = 1;
		}
		finally {
			delete(directory);
		}
		System.exit(exitCode);
	}

	private void run() throws IOException, InterruptedException {
		login();
		toolCall();
		protocols();
		expiry();
		otherProcess();
		revokedToken();
		revokedGrant();
	}

	private void login() throws IOException, InterruptedException {
		try (JarProcess login = this.agent.command("mcp", "login", "demo", "--no-browser", "--json")) {
			String url = login.await("\\{\"authorization_url\":\"(.+)\"}");
			this.requests.browse(URI.create(url));
			login.awaitSuccess();
		}
		say("Login: `mcp login demo` in another process has stored a grant");
	}

	private void toolCall() {
		say("Tool call: the agent called echo and got '%s'", text(this.agent.call("echo", "{\"message\": \"hello\"}")));
	}

	private void protocols() throws IOException, InterruptedException {
		Counts modern = this.demo.counts();
		expect(modern.modern() > 0 && modern.legacy() == 0, "requests in the newer protocol only", modern);
		try (JarProcess call = this.agent.command("mcp", "call", "demo", "echo", "{\"message\": \"hello\"}", "--json",
				"--mcp.servers.demo.protocol=legacy")) {
			call.await("\"text\":\"(hello)\"");
			call.awaitSuccess();
		}
		Counts legacy = this.demo.counts().since(modern);
		expect(legacy.modern() == 0 && legacy.legacy() > 0, "requests in the older protocol only", legacy);
		say("Protocols: the agent found out that the server speaks %s, without sessions; `mcp call` spoke %s with it",
				Demo.MODERN, Demo.LEGACY);
	}

	private void expiry() {
		Counts before = this.demo.counts();
		int calls = (int) TOKEN_LIFETIME.toSeconds() + 3;
		List<CompletableFuture<JsonNode>> answers = IntStream.range(0, calls)
			.mapToObj((second) -> CompletableFuture.supplyAsync(() -> null, after(second))
				.thenCompose((none) -> this.agent.call("time", "{}")))
			.toList();
		answers.forEach(Quickstart::text);
		Counts counts = this.demo.counts().since(before);
		expect(counts.refreshes() >= 1 && counts.rejections() == 0, "a refresh and no 401", counts);
		say("Expiry: %d calls in %d seconds, all answered; %d refresh(es) behind them, no 401", calls, calls,
				counts.refreshes());
	}

	private void otherProcess() throws IOException, InterruptedException {
		// The last call before may have started a refresh in the background
		Counts before = CompletableFuture.supplyAsync(this.demo::counts, after(2)).join();
		try (JarProcess refresh = this.agent.command("mcp", "refresh", "demo", "--force")) {
			refresh.awaitSuccess();
		}
		text(this.agent.call("time", "{}"));
		Counts counts = this.demo.counts().since(before);
		expect(counts.refreshRequests() == 1 && counts.rejections() == 0, "one refresh and no 401", counts);
		say("Another process: `mcp refresh demo --force` renewed the token; the agent's next call used it, no 401");
	}

	private void revokedToken() {
		Counts before = this.demo.counts();
		this.demo.revokeAccessTokens();
		List<CompletableFuture<JsonNode>> answers = IntStream.range(0, PARALLEL_CALLS)
			.mapToObj((number) -> this.agent.call("echo", "{\"message\": \"%d\"}".formatted(number)))
			.toList();
		for (int number = 0; number < PARALLEL_CALLS; number++) {
			String text = text(answers.get(number));
			expect(text.equals(Integer.toString(number)), "an echo of " + number, text);
		}
		Counts counts = this.demo.counts().since(before);
		expect(counts.refreshRequests() == 1 && counts.rejections() >= 1, "one refresh after some 401s", counts);
		say("Revoked token: %d parallel calls, all answered; %d times 401, and %d token request behind them",
				PARALLEL_CALLS, counts.rejections(), counts.refreshRequests());
	}

	private void revokedGrant() {
		this.demo.revokeGrants();
		JsonNode result = this.agent.call("echo", "{\"message\": \"hello\"}").join();
		JsonNode answer = result.at("/structuredContent");
		expect(result.at("/isError").asBoolean() && answer.at("/needs_reauth").asBoolean(), "needs_reauth", result);
		say("Revoked grant: the model is told %s", answer);
	}

	private static String text(CompletableFuture<JsonNode> call) {
		JsonNode result = call.join();
		expect(!result.at("/isError").asBoolean(false), "a result", result);
		return result.at("/content/0/text").asString();
	}

	private static Executor after(int seconds) {
		return CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS);
	}

	private static void expect(boolean asExpected, String expected, Object actual) {
		if (!asExpected) {
			throw new UnexpectedException("expected %s, got %s".formatted(expected, actual));
		}
	}

	private static void say(String text, Object... values) {
		System.out.printf(text + "%n", values);
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> paths = Files.walk(directory)) {
			for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(path);
			}
		}
	}

}
