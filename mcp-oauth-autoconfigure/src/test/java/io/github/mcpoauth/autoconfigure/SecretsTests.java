// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.jayway.jsonpath.JsonPath;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * A whole application with everything exposed and logged at TRACE, from the login to the
 * logout and through all kinds of failures, whose output is read for every secret it has
 * used.
 */
@ExtendWith(OutputCaptureExtension.class)
class SecretsTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final String CLIENT_SECRET = "hush-client-secret-0815";

	private static final String KEY = Base64.getEncoder()
		.encodeToString("an-encryption-key-of-32-bytes...".getBytes(StandardCharsets.US_ASCII));

	private static final Map<String, Object> LIST_TOOLS = Map.of("jsonrpc", "2.0", "id", 1, "method", "tools/list");

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start()
		.offerDeviceGrant()
		.deviceInterval(1)
		.client("mine", CLIENT_SECRET);

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final Map<String, String> secrets = new LinkedHashMap<>();

	private final List<String> answers = new ArrayList<>();

	private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	private final @Nullable Level level = this.root.getLevel();

	@TempDir
	private Path directory;

	private @Nullable ConfigurableApplicationContext context;

	@BeforeEach
	void start() {
		this.secrets.put("client secret", CLIENT_SECRET);
		this.secrets.put("encryption key", KEY);
		this.context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.REACTIVE)
			.run("--spring.config.location=" + this.directory.toUri(), "--server.port=0", "--server.address=127.0.0.1",
					"--logging.level.root=trace",
					// This test's own browser, which may say where it goes
					"--logging.level.jdk.internal.httpclient=info", "--management.endpoints.web.exposure.include=*",
					"--management.endpoint.mcpoauth.access=unrestricted",
					"--management.endpoint.health.show-details=always", "--management.endpoint.env.show-values=always",
					"--management.endpoint.configprops.show-values=always",
					"--mcp.servers.demo.url=" + this.mcpServer.url(), "--mcp.servers.demo.oauth.client-id=mine",
					"--mcp.servers.demo.oauth.client-secret=" + CLIENT_SECRET,
					"--mcp.oauth.store.encryption.keys=" + KEY,
					"--mcp.oauth.store.file.directory=" + this.directory.resolve("tokens"));
	}

	@AfterEach
	void stop() {
		Objects.requireNonNull(this.context).close();
		this.root.setLevel(this.level);
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@Test
	@DisplayName("F32 Law 11 a whole run at TRACE, with all endpoints read, shows no secret")
	void outputOfAWholeRunHoldsNoSecret(CapturedOutput output) throws Exception {
		read();
		logInWithABrowser();
		call();
		read();
		failToRefresh();
		refresh();
		recover();
		read();
		logInWithADevice();
		call();
		losesTheGrant();
		read();
		logInWithABrowser();
		call();
		logOut();
		read();
		collect();
		assertThat(this.secrets.keySet().toString()).contains("client secret", "encryption key", "code",
				"code_verifier", "state", "device_code", "refresh_token", "access token", "user code");
		assertThat(this.secrets).hasSizeGreaterThan(15)
			.allSatisfy((name, secret) -> assertThat(secret).as(name).hasSizeGreaterThan(7));
		String log = output.getAll();
		assertThat(log).contains("TRACE", "Logged in to MCP server 'demo'", "was renewed", "needs a new login");
		assertThat(this.answers).hasSizeGreaterThan(100);
		// Megabytes, that are read for each secret
		List<String> lines = log.lines().filter((line) -> !isOfATestServer(line)).toList();
		List<String> found = new ArrayList<>();
		this.secrets.forEach((name, secret) -> {
			for (String form : new LinkedHashSet<>(
					List.of(secret, URLEncoder.encode(secret, StandardCharsets.UTF_8), basic(secret)))) {
				lines.stream().filter((line) -> line.contains(form)).forEach((line) -> found.add(name + " in " + line));
				this.answers.stream()
					.filter((answer) -> answer.contains(form))
					.forEach((answer) -> found.add(name + " in the answer " + answer));
			}
		});
		assertThat(found).isEmpty();
	}

	/**
	 * The JDK's server logs what it is asked. For the listener it must not; the servers
	 * of this test may.
	 */
	private static boolean isOfATestServer(String line) {
		return line.contains("httpserver") && !line.contains("/callback");
	}

	private static String basic(String secret) {
		return Base64.getEncoder().encodeToString(("mine:" + secret).getBytes(StandardCharsets.UTF_8));
	}

	private void logInWithABrowser() throws Exception {
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, echo(400, "invalid_grant"));
		this.answers.add(browse(redirect(send("POST", "/mcpoauth/demo/login", "{}"))));
		awaitEndOfLogin();
		String redirect = redirect(send("POST", "/mcpoauth/demo/login", "{}"));
		this.answers.add(browse(redirect.replaceFirst("state=[^&]+", "state=0")));
		this.answers.add(send("POST", "/mcpoauth/demo/complete", "{\"redirect\": \"?state=0&code=0\"}"));
		read();
		this.answers.add(browse(redirect));
		awaitEndOfLogin();
		assertThat(send("GET", "/mcpoauth/demo", null)).contains("AUTHORIZED");
	}

	private void logInWithADevice() throws Exception {
		this.authorizationServer.http().next(TestAuthorizationServer.DEVICE, Answer.usually((usual) -> {
			Map<String, Object> members = new LinkedHashMap<>(usual.json());
			members.put("interval", 1);
			return Response.json(200, members);
		}));
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, echo(400, "authorization_pending"));
		String userCode = JsonPath.read(send("POST", "/mcpoauth/demo/login", "{\"device\": true}"), "$.userCode");
		this.secrets.put("user code", userCode);
		read();
		this.authorizationServer.decide(userCode, true);
		awaitEndOfLogin();
		assertThat(send("GET", "/mcpoauth/demo", null)).contains("AUTHORIZED");
	}

	private void awaitEndOfLogin() {
		await().atMost(PATIENCE).until(() -> !send("GET", "/mcpoauth/demo", null).contains("\"flow\""));
	}

	private void failToRefresh() throws Exception {
		for (Answer answer : List.of(echo(503, "server_error"), echo(400, "invalid_request"),
				(request) -> Response.of(200, "text/html", "<html>" + request.body() + "</html>"))) {
			this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, answer);
			this.answers.add(send("POST", "/mcpoauth/demo/refresh", "{}"));
		}
	}

	private void refresh() throws Exception {
		assertThat(send("POST", "/mcpoauth/demo/refresh", "{}")).contains("AUTHORIZED");
	}

	private void recover() {
		String token = lastToken();
		this.authorizationServer.revokeAccessToken(Secret.of(token));
		this.mcpServer.challenge("Bearer error=\"invalid_token\", error_description=\"%s is gone\"".formatted(token));
		call();
		this.mcpServer.challenge(null);
	}

	private void losesTheGrant() throws Exception {
		this.authorizationServer.revokeGrant(Secret.of(lastToken()));
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, echo(400, "invalid_grant"));
		this.answers.add(String.valueOf(catchThrowable(this::call)));
		this.answers.add(send("POST", "/mcpoauth/demo/refresh", "{}"));
	}

	private void logOut() throws Exception {
		this.authorizationServer.http().next(TestAuthorizationServer.REVOKE, echo(400, "invalid_request"));
		this.answers.add(send("POST", "/mcpoauth/demo/logout", "{}"));
	}

	/**
	 * An error that repeats all it was asked.
	 */
	private static Answer echo(int status, String error) {
		return (request) -> Response.json(status, Map.of("error", error, "error_description",
				request.body() + " " + String.valueOf(request.header("Authorization"))));
	}

	private void call() {
		String answer = Objects.requireNonNull(Objects.requireNonNull(this.context)
			.getBean(WebClient.Builder.class)
			.build()
			.post()
			.uri(this.mcpServer.url())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(JsonMapper.shared().writeValueAsString(LIST_TOOLS))
			.retrieve()
			.bodyToMono(String.class)
			.block(PATIENCE));
		assertThat(answer).contains("\"echo\"");
	}

	/**
	 * Read all there is to read.
	 */
	private void read() throws Exception {
		for (String path : List.of("", "/health", "/health/mcpOAuth", "/health/mcpOAuth/demo", "/mcpoauth",
				"/mcpoauth/demo", "/env", "/env/mcp.servers.demo.oauth.client-secret",
				"/env/mcp.oauth.store.encryption.keys", "/configprops", "/configprops/mcp", "/beans", "/conditions",
				"/loggers", "/mappings", "/scheduledtasks", "/threaddump", "/info", "/metrics")) {
			this.answers.add(send("GET", path, null));
		}
		List<String> names = JsonPath.read(send("GET", "/metrics", null), "$.names");
		for (String name : names) {
			if (name.startsWith("mcp.") || name.startsWith("http.")) {
				this.answers.add(send("GET", "/metrics/" + name, null));
			}
		}
	}

	private String send(String method, String path, @Nullable String body) throws IOException, InterruptedException {
		URI uri = URI.create("http://127.0.0.1:%s/actuator%s"
			.formatted(Objects.requireNonNull(this.context).getEnvironment().getProperty("local.server.port"), path));
		HttpRequest.Builder request = HttpRequest.newBuilder(uri)
			.timeout(PATIENCE)
			.header("Accept", "application/json")
			.method(method, (body != null) ? BodyPublishers.ofString(body) : BodyPublishers.noBody());
		if (body != null) {
			request.header("Content-Type", "application/json");
		}
		return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString()).body();
	}

	/**
	 * Consent, and see where the browser is sent to.
	 */
	private static String redirect(String started) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(JsonPath.read(started, "$.authorizationUrl"))).build(),
					BodyHandlers.discarding())
			.headers()
			.firstValue("Location")
			.orElseThrow();
	}

	private static String browse(String url) throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
			.body();
	}

	private String lastToken() {
		List<Request> requests = this.mcpServer.http().requests(TestMcpServer.MCP);
		return requests.stream()
			.map((request) -> request.header("Authorization"))
			.filter(Objects::nonNull)
			.reduce((before, last) -> last)
			.orElseThrow()
			.substring("Bearer ".length());
	}

	/**
	 * What the servers got to see must have been seen by nobody else.
	 */
	private void collect() {
		int count = 0;
		for (Request request : this.authorizationServer.http().requests()) {
			for (String name : Arrays.asList("code", "code_verifier", "state", "device_code", "refresh_token", "token",
					"client_secret")) {
				String value = request.parameter(name);
				if (value != null) {
					this.secrets.put("%s %d".formatted(name, count++), value);
				}
			}
		}
		for (Request request : this.mcpServer.http().requests()) {
			String authorization = request.header("Authorization");
			if (authorization != null) {
				this.secrets.put("access token %d".formatted(count++), authorization.substring("Bearer ".length()));
			}
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
	static class Application {

	}

}
