// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.context.ContextView;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * A manager put together as in an application, with an authorization server and an MCP
 * server of its own.
 */
public final class ManagerFixture implements AutoCloseable {

	public static final Duration PATIENCE = Duration.ofSeconds(30);

	static final String ECHO = """
			{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo"}}""";

	public final TestClock clock = TestClock.fixed();

	public final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(Duration.ofHours(1))
		.reuseDetection(true);

	public final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	public final MemoryTokenStore store = new MemoryTokenStore();

	public final BlockingQueue<McpOAuthEvent> events = new LinkedBlockingQueue<>();

	/**
	 * The Reactor contexts that authorization servers were called in.
	 */
	final Queue<ContextView> contexts = new ConcurrentLinkedQueue<>();

	public final McpServer server = McpServer.of("github", this.mcpServer.url());

	public final GrantKey key = this.server.key();

	public final McpOAuthManager manager;

	final WebClient.Builder builder;

	private final ConnectionProvider connections = ConnectionProvider.builder("test")
		.maxConnections(200)
		.pendingAcquireMaxCount(-1)
		.build();

	private final WorkThreads threads = threads(this.clock);

	public ManagerFixture() {
		this(RefreshSettings.defaults());
	}

	ManagerFixture(RefreshSettings settings) {
		this(settings, null, PrincipalResolver.application(), false);
	}

	public ManagerFixture(McpOAuthListener listener) {
		this(RefreshSettings.defaults(), listener, PrincipalResolver.application(), false);
	}

	public ManagerFixture(PrincipalResolver resolver) {
		this(resolver, false);
	}

	public ManagerFixture(PrincipalResolver principals, boolean applicationWhenAbsent) {
		this(RefreshSettings.defaults(), null, principals, applicationWhenAbsent);
	}

	private ManagerFixture(RefreshSettings settings, @Nullable McpOAuthListener other, PrincipalResolver principals,
			boolean applicationWhenAbsent) {
		WebClient recording = WebClient.builder().filter((request, next) -> Mono.deferContextual((context) -> {
			this.contexts.add(context);
			return next.exchange(request);
		})).build();
		RefreshSettings eager = new RefreshSettings(settings.window(), Duration.ZERO, settings.recoveryTimeout(),
				settings.lockTimeout(), settings.storeTimeout(), settings.pauses());
		this.manager = McpOAuthManager.builder()
			.server(this.server)
			.store(this.store)
			.principals(principals)
			.applicationWhenAbsent(applicationWhenAbsent)
			.listener((other != null) ? other : this.events::add)
			.clock(this.clock)
			.threads(this.threads)
			.browser((url) -> false)
			.webClients((server) -> recording)
			.settings(new ManagerSettings(ProtocolSettings.defaults(), eager, LoginSettings.defaults(),
					PrincipalCacheSettings.defaults(), CleanupSettings.off()))
			.build();
		this.builder = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(HttpClient.create(this.connections)));
	}

	private static WorkThreads threads(TestClock clock) {
		WorkThreads threads = WorkThreads.platform();
		return WorkThreads.of(threads.blocking(), threads.leases(), threads.timer(), clock.time().nanoTime());
	}

	/**
	 * A client as an application has it.
	 */
	WebClient client() {
		return this.builder.clone().filter(this.manager.filter("github")).build();
	}

	/**
	 * A request with a body that can be sent only once.
	 */
	Mono<String> postStream() {
		Flux<DataBuffer> body = Flux.just("{\"jsonrpc\": \"2.0\", ", "\"id\": 1, \"method\": \"tools/list\"}")
			.map((part) -> DefaultDataBufferFactory.sharedInstance.wrap(part.getBytes(StandardCharsets.UTF_8)));
		return client().post()
			.uri(url())
			.contentType(MediaType.APPLICATION_JSON)
			.body(BodyInserters.fromDataBuffers(body))
			.retrieve()
			.bodyToMono(String.class);
	}

	/**
	 * A grant as after a login, without one.
	 */
	public Grant grant() {
		return grant(this.key);
	}

	/**
	 * As {@link #grant()}, for somebody.
	 */
	public Grant grant(GrantKey key) {
		this.store.saveClient(this.key, this.authorizationServer.registered("client-1")).block(PATIENCE);
		Grant grant = this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read");
		this.store.put(key, grant);
		return grant;
	}

	/**
	 * A grant that is bound to a key, of a server that accepts no others.
	 * @return the checks of the MCP server
	 */
	ProofVerifier boundGrant(DPoPKey dpopKey) {
		this.authorizationServer.client("client-2", null).dpop("ES256");
		ProofVerifier verifier = this.mcpServer.dpop(this.clock);
		this.store.put(this.key,
				this.authorizationServer.issueBound("client-2", this.mcpServer.url().toString(), dpopKey, "read"));
		return verifier;
	}

	/**
	 * A grant whose access token is in use and was revoked at the server.
	 */
	public Grant revokedGrant() {
		Grant grant = grant();
		token();
		this.authorizationServer.revokeAccessToken(grant.accessToken());
		return grant;
	}

	public AccessToken token() {
		return Objects.requireNonNull(this.manager.provider(this.key).token().block(PATIENCE));
	}

	public Grant stored() {
		return Objects.requireNonNull(this.store.get(this.key));
	}

	URI url() {
		return this.mcpServer.url();
	}

	int sends() {
		return this.mcpServer.http().count(TestMcpServer.MCP);
	}

	@Override
	public void close() {
		this.manager.close();
		this.threads.close();
		this.connections.dispose();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

}
