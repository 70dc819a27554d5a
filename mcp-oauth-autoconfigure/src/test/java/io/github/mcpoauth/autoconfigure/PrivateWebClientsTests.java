// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.testing.FreePorts;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Law 15, on both connectors that a starter may come with.
 */
class PrivateWebClientsTests {

	private static final HttpClientSettings SETTINGS = HttpClientSettings.defaults()
		.withConnectTimeout(Duration.ofSeconds(5));

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final McpServer REMOTE = McpServer.of("remote", URI.create("https://mcp.example.com/mcp"));

	private final TestHttpServer http = TestHttpServer.start().handle("/token", Answer.of(200, "text/plain", "token"));

	private final McpServer local = McpServer.of("local", URI.create("http://127.0.0.1:1/mcp"));

	private final List<PrivateWebClients> clients = new CopyOnWriteArrayList<>();

	@AfterEach
	void stop() {
		this.clients.forEach(PrivateWebClients::close);
		this.http.close();
	}

	static Stream<Named<ClientHttpConnectorBuilder<?>>> connectors() {
		return Stream.of(Named.of("Reactor Netty", ClientHttpConnectorBuilder.reactor()),
				Named.of("JDK", ClientHttpConnectorBuilder.jdk()));
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 Loopback is reached on behalf of a server on loopback")
	void forServerWhenServerIsOnLoopbackReachesLoopback(ClientHttpConnectorBuilder<?> connector) {
		StepVerifier.create(post(clients(connector), this.local, this.http.url("/token")))
			.expectNext("200 token")
			.expectComplete()
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 Loopback is not reached on behalf of a server elsewhere, by address or by name")
	void forServerWhenServerIsElsewhereRefusesLoopback(ClientHttpConnectorBuilder<?> connector) {
		for (String host : List.of("127.0.0.1", "localhost", "[::1]", "0.0.0.0")) {
			URI uri = URI.create("http://%s:%d/token".formatted(host, this.http.port()));
			StepVerifier.create(post(clients(connector), REMOTE, uri))
				.expectErrorSatisfies((ex) -> assertThat(ex).hasCauseInstanceOf(UnusableException.class)
					.cause()
					.hasMessageContaining("'%s' is at an address that is not contacted".formatted(host))
					.hasMessageContaining("MCP server 'remote'")
					.hasMessageContaining("mcp.oauth.address-policy.allowed-hosts"))
				.verify(PATIENCE);
		}
		assertThat(this.http.requests()).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 Private and link-local addresses are not reached, for any caller")
	void forServerWhenAddressIsPrivateIsRefused(ClientHttpConnectorBuilder<?> connector) {
		for (McpServer server : List.of(REMOTE, this.local)) {
			for (String host : List.of("10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]")) {
				StepVerifier.create(post(clients(connector), server, URI.create("http://" + host + "/token")))
					.expectErrorMatches((ex) -> ex.getCause() instanceof UnusableException)
					.verify(PATIENCE);
			}
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	void forServerWhenHostIsListedReachesIt(ClientHttpConnectorBuilder<?> connector) {
		URI named = URI.create("http://localhost:%d/token".formatted(this.http.port()));
		StepVerifier.create(post(clients(connector, "LOCALHOST"), REMOTE, named))
			.expectNext("200 token")
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(post(clients(connector, "127.0.0.0/8"), REMOTE, this.http.url("/token")))
			.expectNext("200 token")
			.expectComplete()
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	void forServerWhenAuthorizationServerIsConfiguredReachesItsOriginOnly(ClientHttpConnectorBuilder<?> connector) {
		McpServer server = new McpServer("remote", REMOTE.url(),
				OAuthSettings.builder().authorizationServer(this.http.url().toString()).build());
		StepVerifier.create(post(clients(connector), server, this.http.url("/token")))
			.expectNext("200 token")
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(post(clients(connector), server, this.local.url()))
			.expectErrorMatches((ex) -> ex.getCause() instanceof UnusableException)
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 The MCP server's own origin is reached wherever it is, and no other port of its host")
	void forServerWhenAddressIsOfTheServersOriginReachesIt(ClientHttpConnectorBuilder<?> connector) throws Exception {
		// Not loopback by name, nobody's address, and refused by the machine at once
		McpServer server = McpServer.of("odd", URI.create("http://0.0.0.0:1/mcp"));
		StepVerifier.create(isRefused(post(clients(connector), server, URI.create("http://0.0.0.0:1/token"))))
			.expectNext(false)
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(isRefused(post(clients(connector), server, URI.create("http://0.0.0.0:2/token"))))
			.expectNext(true)
			.expectComplete()
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 A redirect is an answer, whatever the application's clients do")
	void forServerWhenAnswerIsARedirectDoesNotFollowIt(ClientHttpConnectorBuilder<?> connector) {
		this.http.handle("/old", Answer.of(Response.redirect("/token")));
		PrivateWebClients clients = clients(connector, SETTINGS.withRedirects(HttpRedirects.FOLLOW), policy(),
				ProtocolSettings.defaults());
		StepVerifier.create(post(clients, this.local, this.http.url("/old")))
			.expectNext("302 ")
			.expectComplete()
			.verify(PATIENCE);
		assertThat(this.http.count("/token")).isZero();
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 A request whose connection breaks is not sent again")
	void forServerWhenConnectionBreaksDoesNotSendAgain(ClientHttpConnectorBuilder<?> connector) {
		this.http.handle("/broken", Answer.dropped());
		PrivateWebClients clients = clients(connector);
		StepVerifier.create(post(clients, this.local, this.http.url("/token")))
			.expectNextCount(1)
			.expectComplete()
			.verify(PATIENCE);
		int attempts = 3;
		for (int attempt = 0; attempt < attempts; attempt++) {
			StepVerifier.create(post(clients, this.local, this.http.url("/broken"))).expectError().verify(PATIENCE);
		}
		// A connection may break before the request is there
		assertThat(this.http.count("/broken")).isBetween(1, attempts);
	}

	@Test
	@DisplayName("Law 15 A connection that the server may just have closed is not used again")
	void forServerWhenReactorNettyIsUsedClosesTheConnection() {
		StepVerifier.create(post(clients(ClientHttpConnectorBuilder.reactor()), this.local, this.http.url("/token")))
			.expectNextCount(1)
			.expectComplete()
			.verify(PATIENCE);
		assertThat(this.http.requests("/token").get(0).header("Connection")).isEqualTo("close");
	}

	@Test
	@DisplayName("Law 15 A connection is not used again where the server's answer says nothing of its end")
	void forServerWhenReactorNettyIsUsedHasAConnectionForEachRequest() throws Exception {
		try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			PrivateWebClients clients = clients(ClientHttpConnectorBuilder.reactor());
			URI url = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/token");
			List<Socket> connections = new CopyOnWriteArrayList<>();
			try {
				for (int request = 1; request <= 3; request++) {
					CompletableFuture<String> answer = post(clients, this.local, url).toFuture();
					server.setSoTimeout((int) PATIENCE.toMillis());
					Socket connection = server.accept();
					connections.add(connection);
					connection.getOutputStream()
						.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
							.getBytes(StandardCharsets.US_ASCII));
					assertThat(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo("200 ok");
				}
			}
			finally {
				for (Socket connection : connections) {
					connection.close();
				}
			}
			assertThat(connections).hasSize(3);
		}
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 Time is bounded")
	void forServerWhenServerDoesNotAnswerGivesUp(ClientHttpConnectorBuilder<?> connector) {
		this.http.hold("/token");
		PrivateWebClients clients = clients(connector, SETTINGS, policy(),
				new ProtocolSettings(Duration.ofMillis(200), Duration.ofMillis(200), 1024, false));
		StepVerifier.create(post(clients, this.local, this.http.url("/token"))).expectError().verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 15 Bodies are bounded")
	void forServerWhenBodyIsTooLongGivesUp(ClientHttpConnectorBuilder<?> connector) {
		this.http.handle("/long", Answer.of(200, "text/plain", "x".repeat(2000)));
		PrivateWebClients clients = clients(connector, SETTINGS, policy(),
				new ProtocolSettings(Duration.ofSeconds(10), Duration.ofSeconds(10), 1000, false));
		StepVerifier.create(post(clients, this.local, this.http.url("/long"))).expectError().verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	@DisplayName("Law 10 A caller that must not block can use it, though the JDK resolves names in place")
	void forServerWhenSubscribedOnANonBlockingThreadDoesNotBlockIt(ClientHttpConnectorBuilder<?> connector) {
		StepVerifier
			.create(post(clients(connector), this.local,
					URI.create("http://localhost:%d/token".formatted(this.http.port())))
				.subscribeOn(Schedulers.parallel()))
			.expectNext("200 token")
			.expectComplete()
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	void forServerWhenNothingListensFailsAsAConnectionDoes(ClientHttpConnectorBuilder<?> connector) {
		int port = FreePorts.next();
		StepVerifier
			.create(post(clients(connector), this.local, URI.create("http://127.0.0.1:%d/token".formatted(port))))
			.expectErrorSatisfies((ex) -> assertThat(ex).hasCauseInstanceOf(ConnectException.class))
			.verify(PATIENCE);
	}

	@ParameterizedTest
	@MethodSource("connectors")
	void forServerWhenNameDoesNotResolveSaysThatAndNotThatItIsRefused(ClientHttpConnectorBuilder<?> connector) {
		StepVerifier.create(post(clients(connector), REMOTE, URI.create("http://no-such-host.invalid/token")))
			.expectErrorSatisfies((ex) -> assertThat(ex.getCause()).isNotInstanceOf(UnusableException.class)
				.hasStackTraceContaining("UnknownHostException"))
			.verify(PATIENCE);
	}

	private static Mono<Boolean> isRefused(Mono<String> answer) {
		return answer.map((text) -> false).onErrorResume((ex) -> Mono.just(ex.getCause() instanceof UnusableException));
	}

	private static Mono<String> post(PrivateWebClients clients, McpServer server, URI uri) {
		WebClient client = clients.forServer(server);
		return client.post()
			.uri(uri)
			.bodyValue("grant_type=refresh_token")
			.exchangeToMono((response) -> response.bodyToMono(String.class)
				.defaultIfEmpty("")
				.map((body) -> response.statusCode().value() + " " + body));
	}

	private PrivateWebClients clients(ClientHttpConnectorBuilder<?> connector, String... allowedHosts) {
		return clients(connector, SETTINGS, policy(allowedHosts), ProtocolSettings.defaults());
	}

	private PrivateWebClients clients(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
			McpOAuthProperties.AddressPolicy policy, ProtocolSettings protocol) {
		PrivateWebClients clients = new PrivateWebClients(connector, settings, policy, protocol, WorkThreads.shared());
		this.clients.add(clients);
		return clients;
	}

	private static McpOAuthProperties.AddressPolicy policy(String... allowedHosts) {
		return new McpOAuthProperties.AddressPolicy(false, List.of(allowedHosts), false);
	}

}
