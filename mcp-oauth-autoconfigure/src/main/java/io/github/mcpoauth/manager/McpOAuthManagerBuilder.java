// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.event.GuardedListener;
import io.github.mcpoauth.internal.login.Browser;
import io.github.mcpoauth.internal.login.LoginEndpoints;
import io.github.mcpoauth.internal.login.LoginService;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.refresh.CredentialSuppliers;
import io.github.mcpoauth.internal.refresh.GrantProviderRegistry;
import io.github.mcpoauth.internal.refresh.GrantRenewalFactory;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.refresh.RenewalEndpoints;
import io.github.mcpoauth.internal.registration.AuthorizedClients;
import io.github.mcpoauth.internal.registration.RegisteredGrantRegistry;
import io.github.mcpoauth.internal.store.ObservedTokenStore;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Builds a {@link McpOAuthManager} with or without Spring Boot. A store is required;
 * everything else has a default. Not safe for several threads.
 */
public final class McpOAuthManagerBuilder {

	private final List<McpServer> servers = new ArrayList<>();

	private final List<McpOAuthListener> listeners = new ArrayList<>();

	private @Nullable TokenStore store;

	private PrincipalResolver principals = PrincipalResolver.application();

	private boolean applicationWhenAbsent;

	private @Nullable AssertionSupplier assertions;

	private @Nullable SubjectTokenSupplier subjectTokens;

	private @Nullable AuthorizedClients authorizedClients;

	private Clock clock = Clock.systemUTC();

	private ManagerSettings settings = ManagerSettings.defaults();

	private @Nullable AuthorizationWebClients webClients;

	private Browser browser = Browser.desktop();

	private @Nullable String page;

	private @Nullable WorkThreads threads;

	McpOAuthManagerBuilder() {
	}

	/**
	 * Add a server.
	 * @param server the server
	 * @return this builder
	 */
	public McpOAuthManagerBuilder server(McpServer server) {
		this.servers.add(server);
		return this;
	}

	/**
	 * Add servers.
	 * @param servers the servers
	 * @return this builder
	 */
	public McpOAuthManagerBuilder servers(Collection<McpServer> servers) {
		this.servers.addAll(servers);
		return this;
	}

	/**
	 * Name the page where users connect servers, also those that are added later. A
	 * server with a page of its own keeps it.
	 * @param page address of the page, {@code null} if there is no such page
	 * @return this builder
	 */
	public McpOAuthManagerBuilder page(@Nullable String page) {
		this.page = page;
		return this;
	}

	/**
	 * Keep grants in files.
	 * @param directory the directory, created when needed
	 * @return this builder
	 */
	public McpOAuthManagerBuilder directory(Path directory) {
		return store(new FileTokenStore(directory));
	}

	/**
	 * Keep grants in a store.
	 * @param store the store. It is not closed with the manager
	 * @return this builder
	 */
	public McpOAuthManagerBuilder store(TokenStore store) {
		this.store = store;
		return this;
	}

	/**
	 * Add a listener. An exception that it throws is logged and has no other effect.
	 * @param listener the listener
	 * @return this builder
	 */
	public McpOAuthManagerBuilder listener(McpOAuthListener listener) {
		this.listeners.add(listener);
		return this;
	}

	/**
	 * Use grants of different principals. Without this, all requests use the
	 * application's own grants.
	 * @param principals finds the principal of a request
	 * @return this builder
	 */
	public McpOAuthManagerBuilder principals(PrincipalResolver principals) {
		this.principals = principals;
		return this;
	}

	/**
	 * Use the application's own grant for requests that have no principal. By default
	 * such requests fail.
	 * @param applicationWhenAbsent whether to use the application's own grant
	 * @return this builder
	 */
	public McpOAuthManagerBuilder applicationWhenAbsent(boolean applicationWhenAbsent) {
		this.applicationWhenAbsent = applicationWhenAbsent;
		return this;
	}

	/**
	 * Supply assertions for the servers that are configured for them.
	 * @param assertions the supplier, or {@code null}
	 * @return this builder
	 */
	public McpOAuthManagerBuilder assertions(@Nullable AssertionSupplier assertions) {
		this.assertions = assertions;
		return this;
	}

	/**
	 * Supply subject tokens for the servers that are configured for token exchange.
	 * @param subjectTokens the supplier, or {@code null}
	 * @return this builder
	 */
	public McpOAuthManagerBuilder subjectTokens(@Nullable SubjectTokenSupplier subjectTokens) {
		this.subjectTokens = subjectTokens;
		return this;
	}

	/**
	 * Use the tokens that Spring Security keeps, for servers with a registration. For
	 * auto-configuration.
	 * @param authorizedClients the tokens, {@code null} in a process without them
	 * @return this builder
	 */
	public McpOAuthManagerBuilder authorizedClients(@Nullable AuthorizedClients authorizedClients) {
		this.authorizedClients = authorizedClients;
		return this;
	}

	/**
	 * Take the time from a clock.
	 * @param clock the clock
	 * @return this builder
	 */
	public McpOAuthManagerBuilder clock(Clock clock) {
		this.clock = clock;
		return this;
	}

	/**
	 * Open the addresses of logins in this browser.
	 * @param browser opens an address and returns whether the user sees it
	 * @return this builder
	 */
	public McpOAuthManagerBuilder browser(Browser browser) {
		this.browser = browser;
		return this;
	}

	/**
	 * Talk to authorization servers with these clients. They must not follow redirects
	 * and must not send a request twice.
	 * @param webClients gives the client for an MCP server, without a token filter
	 * @return this builder
	 */
	public McpOAuthManagerBuilder webClients(AuthorizationWebClients webClients) {
		this.webClients = webClients;
		return this;
	}

	/**
	 * Set bounds and pauses. For auto-configuration.
	 * @param settings the settings
	 * @return this builder
	 */
	public McpOAuthManagerBuilder settings(ManagerSettings settings) {
		this.settings = settings;
		return this;
	}

	/**
	 * Use threads that the caller closes after the manager. For auto-configuration. By
	 * default the manager has threads of its own.
	 * @param threads the threads
	 * @return this builder
	 */
	public McpOAuthManagerBuilder threads(WorkThreads threads) {
		this.threads = threads;
		return this;
	}

	/**
	 * Build the manager. Nothing is read from the store or the network before it is used.
	 * @return the manager, to be closed when it is no longer needed
	 * @throws IllegalStateException if there is no store
	 * @throws IllegalArgumentException if two servers collide
	 */
	public McpOAuthManager build() {
		TokenStore store = this.store;
		Assert.state(store != null, "A manager needs a store: call directory(...) or store(...)");
		PrincipalPolicy principals = new PrincipalPolicy(this.principals, this.applicationWhenAbsent);
		ServerRegistry servers = new ServerRegistry(this.servers, this.page);
		WorkThreads threads = (this.threads != null) ? this.threads : WorkThreads.platform();
		McpOAuthListener listener = GuardedListener.of(this.listeners);
		TokenStore observed = new ObservedTokenStore(store, listener);
		AuthorizationWebClients webClients = (this.webClients != null) ? this.webClients.on(threads)
				: new PlainWebClients(this.settings.protocol(), threads);
		Discovery discovery = new Discovery(webClients, this.settings.protocol(), this.clock, observed, listener);
		RefreshContext context = new RefreshContext(observed, this.settings.refresh(), this.principals, listener,
				threads, new Time(this.clock, threads::nanos));
		TokenEndpoint token = new TokenEndpoint(webClients, this.settings.protocol(), this.clock);
		GrantProviderRegistry providers = providers(webClients, token, discovery, context);
		RegisteredGrantRegistry registered = new RegisteredGrantRegistry(this.authorizedClients, context,
				this.settings.protocol().tokenTimeout().multipliedBy(2), this.settings.principalCache().most());
		LoginService logins = new LoginService(
				new LoginEndpoints(discovery, token, webClients, this.settings.protocol(), this.clock),
				this.settings.login(), observed, this.browser, listener);
		GrantCleanup cleanup = new GrantCleanup(context, servers, providers, logins, this.settings.cleanup());
		DefaultMcpOAuthAdministration administration = new DefaultMcpOAuthAdministration(servers, logins,
				this.settings.login(), observed, threads, cleanup.start());
		return new DefaultMcpOAuthManager(servers, new Providers(providers, registered), logins, principals,
				administration, (this.threads != null) ? null : threads);
	}

	private GrantProviderRegistry providers(AuthorizationWebClients webClients, TokenEndpoint token,
			Discovery discovery, RefreshContext context) {
		RenewalEndpoints endpoints = new RenewalEndpoints(token, discovery,
				new ServerProbe(webClients, this.settings.login().probeTimeout()));
		GrantRenewalFactory renewals = new GrantRenewalFactory(endpoints,
				new CredentialSuppliers(this.assertions, this.subjectTokens), context);
		return new GrantProviderRegistry(context, renewals, this.settings.principalCache());
	}

}
