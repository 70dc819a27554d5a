// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.SessionSettings;
import io.github.mcpoauth.session.WebFluxSessionTransports;
import io.github.mcpoauth.testing.FreePorts;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestTlsServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.jks.JksSslStoreBundle;
import org.springframework.boot.ssl.jks.JksSslStoreDetails;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link DoctorCommand} with the set-ups that users get wrong, each with real
 * servers and the step where it is named.
 */
@Timeout(60)
class DoctorSetupsTests extends CommandTestBase {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("demo");

	private static final String PORT = "the port is open";

	private static final String TLS = "TLS works";

	private static final String STORE = "the store can be read";

	private static final String LOGIN = "there is a login";

	private static final String TOKEN = "the token can be used";

	private static final String TOOLS = "the server lists its tools";

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start().client("app", "sesame");

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final OAuthSettings.Builder oauth = OAuthSettings.builder()
		.clientId("app")
		.clientSecret(Secret.of("sesame"))
		.authorizationServer(this.authorizationServer.issuer());

	@TempDir
	private Path directory;

	private URI url = this.mcpServer.url();

	private @Nullable TestTlsServer tlsServer;

	private boolean trusted;

	@AfterEach
	void stop() {
		if (this.tlsServer != null) {
			this.tlsServer.close();
		}
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	static Stream<Arguments> setups() {
		return Stream.of(
				setup("a host that no DNS server knows", "the name resolves", "correct 'url'",
						(test) -> test.url = URI.create("http://mcp.invalid/mcp")),
				setup("a port where nothing listens", PORT, "check that the server runs",
						(test) -> test.url = unused()),
				setup("https at a port of plain http", TLS, "speaks plain http",
						(test) -> test.url = URI.create(test.url.toString().replace("http:", "https:"))),
				setup("a certificate that is not trusted", TLS, "'spring.http.clients.ssl.bundle'",
						(test) -> test.tls("ip:127.0.0.1")),
				setup("a certificate for another host", TLS, "not trusted for '127.0.0.1'", (test) -> {
					test.tls("dns:mcp.example.com");
					test.trusted = true;
				}), setup("a certificate that the bundle trusts and another client does not", LOGIN,
						"No TLS connection", (test) -> {
							test.tls("ip:127.0.0.1");
							test.trusted = true;
						}),
				setup("a path that is not there", TOOLS, "404", (test) -> {
					test.url = test.mcpServer.http().url("/wrong");
					test.save(test.grant().mutate().resource(test.url.toString()).build());
				}),
				setup("a path that is not there, before any login", LOGIN, "Check the path",
						(test) -> test.url = test.mcpServer.http().url("/wrong")),
				setup("the web site instead of the endpoint", TOOLS, "text/html",
						(test) -> test.answer(Answer.of(200, "text/html", "<html>Welcome</html>"))),
				setup("a gateway that forbids", TOOLS, "403: this user or client may not do that, or the path",
						(test) -> test.answer(Answer.of(403, "text/html", "<html>Forbidden</html>"))),
				setup("a server that fails", TOOLS, "500", (test) -> test.answer(Answer.status(500))),
				setup("a server that is down for maintenance", TOOLS, "503", (test) -> test.answer(Answer.status(503))),
				setup("too many requests", TOOLS, "429", (test) -> test.answer(Answer.status(429))),
				setup("a redirect to a login page", TOOLS, "login.example.com",
						(test) -> test.answer(Answer.of(Response.redirect("https://login.example.com/sso")))),
				setup("JSON that is not JSON-RPC", TOOLS, "in time",
						(test) -> test.answer(Answer.json(200, Map.of("hello", "world")))),
				setup("an answer without content", TOOLS, "in time",
						(test) -> test.answer(Answer.of(200, "application/json", ""))),
				setup("a method that is not allowed", TOOLS, "405", (test) -> test.answer(Answer.status(405))),
				setup("a connection that is cut", TOOLS, "connection", (test) -> test.answer(Answer.dropped())),
				setup("no login yet", LOGIN, "run 'mcp login demo'", (test) -> {
				}),
				setup("a login whose token expired without a refresh token", LOGIN, "run 'mcp login demo'",
						(test) -> test.save(test.grant().mutate().refreshToken(null).expiresAt(longAgo()).build())),
				setup("a refresh token that was revoked", TOKEN, "invalid_grant", (test) -> {
					Grant grant = test.expired();
					test.authorizationServer.revokeGrant(Objects.requireNonNull(grant.refreshToken()));
					test.save(grant);
				}), setup("a wrong client secret", TOKEN, "invalid_client", (test) -> {
					test.save(test.expired());
					test.oauth.clientSecret(Secret.of("wrong"));
				}), setup("a client that was removed", TOKEN, "invalid_client", (test) -> {
					test.save(test.expired());
					test.authorizationServer.removeClient("app");
				}), setup("an authorization server that is down", TOKEN, "503", (test) -> {
					test.save(test.expired());
					test.authorizationServer.http().handle(TestAuthorizationServer.TOKEN, Answer.status(503));
				}), setup("an authorization server that answers with a page", TOKEN, "text/html", (test) -> {
					test.save(test.expired());
					test.authorizationServer.http()
						.handle(TestAuthorizationServer.TOKEN, Answer.of(200, "text/html", "<html>Busy</html>"));
				}),
				setup("an authorization server that cannot be reached", TOKEN, "token endpoint",
						(test) -> test.save(test.expired().mutate().tokenEndpoint(unused()).build())),
				setup("a login for another address", LOGIN, "run 'mcp login demo'",
						(test) -> test.save(test.grant().mutate().resource("https://other.example.com/mcp").build())),
				setup("a login with another client", TOKEN, "invalid_client",
						(test) -> test.save(test.expired().mutate().clientId("former").build())),
				setup("a login at another authorization server", LOGIN, "run 'mcp login demo'",
						(test) -> test.save(test.grant().mutate().issuer("https://former.example.com").build())),
				setup("a token that the server does not accept", TOOLS, "mcp login demo",
						(test) -> test
							.save(test.grant().mutate().accessToken(Secret.of("unknown")).refreshToken(null).build())),
				setup("a token with too few scopes", TOOLS, "'mcp:tools'",
						(test) -> test.answer(Answer.of(Response.of(403, "text/plain", "")
							.header("WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"mcp:tools\"")))),
				setup("a server that wants another kind of authentication", TOOLS, "another authentication",
						(test) -> test.answer(Answer
							.of(Response.of(401, "text/plain", "").header("WWW-Authenticate", "Basic realm=\"x\"")))),
				setup("a record that is cut off", STORE, "demo.json",
						(test) -> Files.writeString(test.directory.resolve("demo.json"), "{\"access_token\": \"x")),
				setup("a record that is no JSON", STORE, "demo.json",
						(test) -> Files.writeString(test.directory.resolve("demo.json"), "token=x")),
				setup("a file where the directory should be", STORE, "blocked",
						(test) -> test.directory = Files.writeString(test.directory.resolve("blocked"), "")),
				setup("a wrong secret of a client without users", TOKEN, "'mcp.servers.demo.oauth.client-id'",
						(test) -> test.oauth.grantType(GrantType.CLIENT_CREDENTIALS).clientSecret(Secret.of("wrong"))),
				setup("scopes that a client without users may not have", TOKEN, "invalid_scope", (test) -> {
					test.oauth.grantType(GrantType.CLIENT_CREDENTIALS).scopes(Set.of("admin"));
					test.authorizationServer.grantable(Set.of("read"));
				}),
				setup("a key file that is missing", TOKEN, "no-key.pem",
						(test) -> test.oauth.grantType(GrantType.CLIENT_CREDENTIALS)
							.clientSecret(null)
							.signingKey(new SigningKey(null, test.directory.resolve("no-key.pem"), null, null))),
				setup("a key file that holds no key", TOKEN, "bad-key.pem",
						(test) -> test.oauth.grantType(GrantType.CLIENT_CREDENTIALS)
							.clientSecret(null)
							.signingKey(new SigningKey(null,
									Files.writeString(test.directory.resolve("bad-key.pem"), "no key"), null, null))),
				setup("an assertion file that is missing", TOKEN, "no-assertion",
						(test) -> test.oauth.grantType(GrantType.JWT_BEARER)
							.assertionFile(test.directory.resolve("no-assertion"))),
				setup("an assertion that is not accepted", TOKEN, "invalid_grant",
						(test) -> test.oauth.grantType(GrantType.JWT_BEARER)
							.assertionFile(Files.writeString(test.directory.resolve("assertion"), "unknown"))),
				setup("metadata without a token endpoint", TOKEN, "token endpoint", (test) -> {
					test.oauth.grantType(GrantType.CLIENT_CREDENTIALS);
					test.authorizationServer.metadata((members) -> members.remove("token_endpoint"));
				}), setup("metadata of another issuer", TOKEN, "'authorization-server'", (test) -> {
					test.oauth.grantType(GrantType.CLIENT_CREDENTIALS);
					test.authorizationServer.metadata((members) -> members.put("issuer", "https://as.example.com"));
				}), setup("metadata that are a page", TOKEN, "text/html", (test) -> {
					test.oauth.grantType(GrantType.CLIENT_CREDENTIALS);
					test.authorizationServer.http()
						.handle(TestAuthorizationServer.METADATA, Answer.of(200, "text/html", "<html></html>"));
				}));
	}

	private static Arguments setup(String name, String step, String words, Setup setup) {
		return arguments(name, step, words, setup);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("setups")
	void doctorWhenSetupIsWrongNamesIt(String name, String step, String words, Setup setup) throws IOException {
		setup.prepare(this);
		ExitCode exitCode = examine();
		List<String> lines = out().lines().toList();
		assertThat(exitCode).isNotEqualTo(ExitCode.DONE);
		assertThat(lines.get(lines.size() - 2)).contains("\u2717", step);
		assertThat(lines.get(lines.size() - 1)).contains(words)
			.doesNotContain("java.", "Exception", "io.netty", "sesame", "null");
	}

	private ExitCode examine() {
		Terminal terminal = terminal();
		SessionSettings settings = new SessionSettings(Duration.ofSeconds(2), Duration.ofSeconds(2), 3,
				Duration.ofSeconds(60));
		WorkThreads threads = WorkThreads.platform();
		try (McpOAuthManager manager = McpOAuthManager.builder()
			.server(new McpServer(KEY.server(), this.url, this.oauth.build()))
			.directory(this.directory)
			.webClients(new LoopbackClients())
			.build();
				McpSessions sessions = new McpSessions(manager,
						new WebFluxSessionTransports(manager, WebClient::builder, settings.connectTimeout(), threads),
						settings, List.of(), new PrincipalCacheSettings(10, Duration.ofMinutes(30)), threads)) {
			return McpCommandLine.parse(List.of("doctor", KEY.server()), terminal)
				.run(new Services(
						new StaticListableBeanFactory(
								Map.of("manager", manager, "tools", sessions, "http", httpSettings())),
						terminal.in(), Clock.systemUTC()));
		}
		finally {
			threads.close();
		}
	}

	private HttpClientSettings httpSettings() {
		if (!this.trusted || this.tlsServer == null) {
			return HttpClientSettings.defaults();
		}
		String store = this.tlsServer.keyStore().toUri().toString();
		return HttpClientSettings.ofSslBundle(SslBundle
			.of(new JksSslStoreBundle(null, new JksSslStoreDetails("PKCS12", null, store, TestTlsServer.PASSWORD))));
	}

	private void tls(String name) {
		this.tlsServer = TestTlsServer.start(this.directory, name);
		this.url = this.tlsServer.url();
	}

	private void loggedIn() {
		save(grant());
	}

	private void answer(Answer answer) {
		loggedIn();
		this.mcpServer.http().handle(TestMcpServer.MCP, answer);
	}

	private Grant grant() {
		return this.authorizationServer.issue("app", this.mcpServer.url().toString());
	}

	private Grant expired() {
		return grant().mutate().expiresAt(longAgo()).build();
	}

	private void save(Grant grant) {
		FileTokenStore store = new FileTokenStore(this.directory);
		store.locked(KEY, PATIENCE, store.save(KEY, grant, null)).block(PATIENCE);
	}

	private static Instant longAgo() {
		return Instant.parse("2020-01-01T00:00:00Z");
	}

	private static URI unused() {
		return URI.create("http://127.0.0.1:%d/mcp".formatted(FreePorts.next()));
	}

	/**
	 * Makes the set-up wrong.
	 */
	@FunctionalInterface
	interface Setup {

		void prepare(DoctorSetupsTests test) throws IOException;

	}

}
