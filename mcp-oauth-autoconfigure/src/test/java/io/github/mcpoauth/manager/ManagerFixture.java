// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.login.LoginEndpoints;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.refresh.CredentialSuppliers;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.internal.refresh.GrantRenewalFactory;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.refresh.RenewalEndpoints;
import io.github.mcpoauth.internal.store.ObservedTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.context.ContextView;

import org.springframework.http.client.reactive.ReactorClientHttpConnector;
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

	public final DefaultMcpOAuthManager manager;

	final WebClient.Builder builder;

	private final LoginService logins;

	private final ConnectionProvider connections = ConnectionProvider.builder("test")
		.maxConnections(200)
		.pendingAcquireMaxCount(-1)
		.build();

	private final WorkThreads threads = WorkThreads.platform();

	public ManagerFixture() {
		this(RefreshSettings.defaults());
	}

	ManagerFixture(RefreshSettings settings) {
		this(settings, null, PrincipalPolicy.application());
	}

	public ManagerFixture(McpOAuthListener listener) {
		this(RefreshSettings.defaults(), listener, PrincipalPolicy.application());
	}

	public ManagerFixture(PrincipalResolver resolver) {
		this(new PrincipalPolicy(resolver, false));
	}

	public ManagerFixture(PrincipalPolicy principals) {
		this(RefreshSettings.defaults(), null, principals);
	}

	private ManagerFixture(RefreshSettings settings, @Nullable McpOAuthListener other, PrincipalPolicy principals) {
		McpOAuthListener listener = (other != null) ? other : this.events::add;
		WebClient recording = WebClient.builder().filter((request, next) -> Mono.deferContextual((context) -> {
			this.contexts.add(context);
			return next.exchange(request);
		})).build();
		AuthorizationWebClients clients = (server) -> recording;
		ProtocolSettings protocol = ProtocolSettings.defaults();
		TokenStore observed = new ObservedTokenStore(this.store, listener);
		Discovery discovery = new Discovery(clients, protocol, this.clock, observed, listener);
		ServerRegistry servers = new ServerRegistry(List.of(this.server));
		RefreshSettings eager = new RefreshSettings(settings.window(), Duration.ZERO, settings.recoveryTimeout(),
				settings.lockTimeout(), settings.firstRetry(), settings.longestRetry(), settings.brake());
		RefreshContext context = new RefreshContext(observed, eager, principals.resolver(), listener, this.threads,
				this.clock.time());
		RenewalEndpoints endpoints = new RenewalEndpoints(new TokenEndpoint(clients, protocol, this.clock), discovery,
				new ServerProbe(clients, PATIENCE));
		GrantProviderRegistry providers = new GrantProviderRegistry(context,
				new GrantRenewalFactory(endpoints, CredentialSuppliers.none(), context),
				PrincipalCacheSettings.defaults());
		this.logins = new LoginService(new LoginEndpoints(discovery, clients, protocol, this.clock),
				LoginSettings.defaults(), observed, (url) -> false, listener, this.threads);
		this.manager = new DefaultMcpOAuthManager(servers, providers, this.logins, principals);
		this.builder = WebClient.builder()
			.clientConnector(new ReactorClientHttpConnector(HttpClient.create(this.connections)));
	}

	/**
	 * A client as an application has it.
	 */
	WebClient client() {
		return this.builder.clone().filter(this.manager.filter("github")).build();
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
		Secret secret = Secret.of("client-secret");
		this.authorizationServer.client("client-1", secret.reveal());
		Grant grant = this.authorizationServer.issue("client-1", this.mcpServer.url().toString(), "read");
		this.store
			.saveClient(this.key,
					OAuthClient.with("client-1", OAuthClient.Origin.REGISTERED)
						.secret(secret)
						.authMethod("client_secret_basic")
						.issuer(this.authorizationServer.issuer())
						.build())
			.block(PATIENCE);
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
		this.logins.close();
		this.connections.dispose();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

}
