// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestScheduler;
import org.junit.jupiter.api.AfterEach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * An MCP server, its authorization server, a store, and a person with a browser.
 */
abstract class LoginTestBase {

	static final Duration PATIENCE = Duration.ofSeconds(30);

	static final GrantKey KEY = GrantKey.of("test");

	final TestClock clock = TestClock.fixed();

	final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock);

	final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	final MemoryTokenStore store = new MemoryTokenStore();

	final List<URI> opened = new CopyOnWriteArrayList<>();

	final TestScheduler scheduler = new TestScheduler(this.clock);

	final WorkThreads threads = WorkThreads.platform();

	final AuthorizationWebClients clients = new LoopbackClients().on(this.threads);

	LoginService service = service();

	private final HttpClient browser = HttpClient.newBuilder().followRedirects(Redirect.NEVER).build();

	@AfterEach
	void stop() {
		this.service.close();
		this.threads.close();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	/**
	 * Another process with the same store.
	 */
	final LoginService service() {
		return service(this.store);
	}

	final LoginService service(TokenStore tokens) {
		return new LoginService(endpoints(tokens), LoginSettings.defaults(), tokens, this.opened::add,
				McpOAuthListener.none(), this.scheduler);
	}

	final LoginEndpoints endpoints(TokenStore tokens) {
		ProtocolSettings settings = ProtocolSettings.defaults();
		return new LoginEndpoints(new Discovery(this.clients, settings, this.clock, tokens, McpOAuthListener.none()),
				new TokenEndpoint(this.clients, settings, this.clock), this.clients, settings, this.clock);
	}

	final McpServer server() {
		return server((settings) -> {
		});
	}

	final McpServer server(Consumer<OAuthSettings.Builder> customizer) {
		OAuthSettings.Builder settings = OAuthSettings.builder();
		customizer.accept(settings);
		return new McpServer("test", this.mcpServer.url(), settings.build());
	}

	final LoginRun begin(McpServer server) {
		return begin(server, LoginRequest.withoutBrowser());
	}

	final LoginRun begin(McpServer server, LoginRequest request) {
		return Objects.requireNonNull(this.service.login(server, server.key(), List.of(), request).block(PATIENCE));
	}

	final LoginException beginFailing(McpServer server) {
		return catchThrowableOfType(LoginException.class, () -> begin(server));
	}

	/**
	 * Log in as a person does.
	 * @return the grant that is stored then
	 */
	final Grant logIn(McpServer server) {
		LoginRun login = begin(server);
		assertThat(consent(login).statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
		return grant();
	}

	final Grant end(LoginRun login) {
		return Objects.requireNonNull(login.completion().block(PATIENCE));
	}

	final LoginException endFailing(LoginRun login) {
		return catchThrowableOfType(LoginException.class, () -> end(login));
	}

	final Grant grant() {
		return Objects.requireNonNull(this.store.get(KEY));
	}

	final OAuthClient client() {
		return Objects.requireNonNull(this.store.getClient(KEY));
	}

	/**
	 * Where the browser is sent after the consent.
	 */
	final URI redirect(LoginRun login) {
		HttpResponse<String> response = get(Objects.requireNonNull(login.authorizationUrl())).join();
		assertThat(response.statusCode()).isEqualTo(302);
		return URI.create(response.headers().firstValue("Location").orElseThrow());
	}

	/**
	 * Consent and come back.
	 * @return the last page, once it is there
	 */
	final CompletableFuture<HttpResponse<String>> consenting(LoginRun login) {
		return get(redirect(login));
	}

	final HttpResponse<String> consent(LoginRun login) {
		return consenting(login).join();
	}

	final CompletableFuture<HttpResponse<String>> get(URI url) {
		return this.browser.sendAsync(HttpRequest.newBuilder(url).timeout(PATIENCE).build(), BodyHandlers.ofString());
	}

	static void assertFree(int port) {
		try {
			LoopbackListener.bind("127.0.0.1", port).close(CallbackPage.notFound());
		}
		catch (IOException ex) {
			throw new AssertionError("Port " + port + " is not free", ex);
		}
	}

}
