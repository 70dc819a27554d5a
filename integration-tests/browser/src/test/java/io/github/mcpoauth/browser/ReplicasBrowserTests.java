// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.FreePorts;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A person in Chromium before two replicas, whose balancer sends each request to the
 * other one. In each round a replica is killed while the person is at the authorization
 * server, and another one takes its place.
 */
@Tag("browser")
class ReplicasBrowserTests {

	private static final int ROUNDS = Integer.getInteger("replicas.rounds", 2);

	private static final Path FIGURES = Path.of("target", "replicas.md");

	private static final String CONNECTED = "[data-state=connected]";

	private static final String NOT_CONNECTED = "[data-state=none]";

	private static final String CONNECT = "form[action$='/connect'] button";

	private final Deque<AutoCloseable> resources = new ArrayDeque<>();

	private final Deque<ChildProcess> replicas = new ArrayDeque<>();

	private final Balancer balancer = open(new Balancer());

	private final SpringAuthorizationServer server = open(
			SpringAuthorizationServer.start(Duration.ofHours(1), "--demo.auto-login=false"));

	private final HttpClient client = HttpClient.newHttpClient();

	private @Nullable ChildProcess starting;

	private List<String> store = List.of();

	@TempDir
	private Path directory;

	@AfterEach
	void close() throws Exception {
		while (!this.resources.isEmpty()) {
			this.resources.pop().close();
		}
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("Denied consent, connect, reconnect, device code and disconnect, and one replica dies in between")
	void pageWhenReplicasDieServesEveryStep(Store kind) throws Exception {
		this.store = kind.start(this);
		start();
		join();
		start();
		join();
		try (Chromium browser = Chromium.start()) {
			browser.open(page());
			browser.click(CONNECT);
			browser.type("[name=username]", this.server.user().name());
			browser.type("[name=password]", this.server.user().password());
			browser.click("button[type=submit]");
			browser.find("#submit-consent");
			for (int round = 0; round < ROUNDS; round++) {
				play(browser, round);
			}
			assertThat(browser.complaints()).isEmpty();
		}
		long exchanges = this.server.tokenRequests("authorization_code");
		assertThat(exchanges).isEqualTo(2L * ROUNDS);
		assertThat(this.server.tokenRequests("authorization_code", "ok")).isEqualTo(exchanges);
		assertThat(this.server.tokenRequests("urn:ietf:params:oauth:grant-type:device_code", "ok")).isEqualTo(ROUNDS);
		Files.writeString(FIGURES, "| %s | rounds and killed replicas | %d |%n".formatted(kind, ROUNDS),
				StandardOpenOption.CREATE, StandardOpenOption.APPEND);
	}

	private void play(Chromium browser, int round) throws Exception {
		int victim = round % 3;
		browser.open(page());
		connect(browser);
		browser.click("#cancel-consent");
		assertThat(browser.awaitText("Nothing was changed")).contains("said no").doesNotContain("access_denied");
		browser.find(NOT_CONNECTED);
		connect(browser);
		killWhen(victim == 0);
		consent(browser);
		browser.awaitText("The application can use 'demo' for you now.");
		connect(browser);
		killWhen(victim == 1);
		consent(browser);
		browser.awaitText("The application can use 'demo' for you now.");
		disconnect(browser);
		connect(browser);
		browser.open(page());
		browser.click("form:has([name=code]) button");
		String code = browser.find(".code strong").getText();
		killWhen(victim == 2);
		browser.open(this.server.issuer().resolve("/activate?user_code=" + code));
		browser.click("button");
		consent(browser);
		browser.awaitText("Your device is logged in.");
		browser.open(page());
		browser.find(CONNECTED);
		disconnect(browser);
		assertThat(this.client
			.send(HttpRequest.newBuilder(this.balancer.url().resolve("/forget")).POST(BodyPublishers.noBody()).build(),
					BodyHandlers.discarding())
			.statusCode()).isEqualTo(200);
		join();
	}

	/**
	 * Go to the page on which the authorization server asks for consent, whether a login
	 * waits already or not.
	 */
	private static void connect(Chromium browser) {
		browser.find(NOT_CONNECTED + ", " + CONNECTED + ", [data-state=waiting]");
		browser.click(browser.has("a.primary") ? "a.primary" : CONNECT);
		browser.find("#submit-consent");
	}

	/**
	 * Consent to one scope of several, so that the next login has to ask again.
	 */
	private static void consent(Chromium browser) {
		browser.find("#submit-consent");
		browser.run("const scopes = document.querySelectorAll('[name=scope]:not([disabled])');"
				+ "if (scopes.length > 1) { scopes[0].checked = true; }");
		browser.click("#submit-consent");
	}

	private static void disconnect(Chromium browser) {
		browser.find(CONNECTED);
		browser.click("summary.button");
		browser.click("form[action$='/disconnect'] button");
		browser.awaitText("The tokens for 'demo' were revoked and forgotten.");
		browser.find(NOT_CONNECTED);
	}

	private URI page() {
		return this.balancer.url().resolve("/mcp/connections");
	}

	/**
	 * Kill the older replica, which may have begun the login, and start another one.
	 */
	private void killWhen(boolean now) {
		if (now) {
			ChildProcess victim = this.replicas.remove();
			victim.kill();
			victim.awaitEnd();
			start();
		}
	}

	private void start() {
		List<String> arguments = new ArrayList<>(this.store);
		arguments.addAll(List.of("--server.port=0", "--server.address=127.0.0.1",
				"--spring.main.web-application-type=servlet", "--mcp.oauth.web.enabled=true",
				"--mcp.oauth.web.allow-unprotected=true", "--mcp.oauth.web.external-url=" + this.balancer.url(),
				"--mcp.servers.demo.url=" + this.server.mcpUrl(), "--mcp.servers.demo.oauth.enabled=true"));
		this.starting = open(ChildProcess.java("replica", System.getProperty("java.class.path"),
				ReplicaApplication.class.getName(), arguments.toArray(String[]::new)));
	}

	private void join() {
		ChildProcess replica = Objects.requireNonNull(this.starting);
		if (!this.replicas.contains(replica)) {
			this.balancer.add(Integer.parseInt(replica.await("Tomcat started on port (\\d+)")));
			this.replicas.add(replica);
		}
	}

	private <T extends AutoCloseable> T open(T resource) {
		this.resources.push(resource);
		return resource;
	}

	/**
	 * Where the replicas keep their records.
	 */
	enum Store {

		FILE {

			@Override
			List<String> start(ReplicasBrowserTests test) {
				return List.of("--mcp.oauth.store.file.directory=" + test.directory, Agent.NO_DATABASE);
			}

		},

		POSTGRESQL {

			@Override
			List<String> start(ReplicasBrowserTests test) throws IOException {
				EmbeddedPostgres postgres = test
					.open(EmbeddedPostgres.builder().setPGStartupWait(Duration.ofSeconds(60)).start());
				return List.of("--mcp.oauth.store.type=jdbc", "--mcp.oauth.store.jdbc.initialize-schema=always",
						"--spring.datasource.url=jdbc:postgresql://127.0.0.1:%d/postgres".formatted(postgres.getPort()),
						"--spring.datasource.username=postgres", "--spring.datasource.hikari.maximum-pool-size=3");
			}

		},

		REDIS {

			@Override
			List<String> start(ReplicasBrowserTests test) throws IOException {
				RedisServer redis = RedisServer.newRedisServer().port(FreePorts.next()).bind("127.0.0.1").build();
				redis.start();
				test.open(redis::stop);
				return List.of("--mcp.oauth.store.type=redis", "--spring.data.redis.host=127.0.0.1",
						"--spring.data.redis.port=" + redis.ports().get(0), Agent.NO_DATABASE);
			}

		};

		abstract List<String> start(ReplicasBrowserTests test) throws IOException;

	}

}
