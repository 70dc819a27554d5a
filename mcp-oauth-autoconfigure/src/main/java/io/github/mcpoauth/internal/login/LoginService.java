// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedIn;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedOut;
import io.github.mcpoauth.event.McpOAuthEvent.LoginFailed;
import io.github.mcpoauth.event.McpOAuthEvent.LoginStarted;
import io.github.mcpoauth.event.McpOAuthEvent.ServerRemoved;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ClientRegistrationEndpoint;
import io.github.mcpoauth.internal.protocol.DeviceAuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.protocol.TokenRevocationEndpoint;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

import org.springframework.core.log.LogMessage;

/**
 * Logs in and out. There is at most one login in flight for a grant: whoever asks for
 * another joins it, and gets the same authorization URL, whatever kind of login it is. A
 * login belongs to this service, not to its callers: it goes on when they go away, until
 * it is answered, cancelled or nobody has answered in time. It knows nothing of
 * refreshes; the two meet in the store.
 */
public final class LoginService implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(LoginService.class);

	private static final int ID_BYTES = 4;

	private final SecureRandom random = new SecureRandom();

	private final Map<GrantKey, Flight> flights = new ConcurrentHashMap<>();

	private final AuthorizationCodeFlow codeLogins;

	private final DeviceCodeFlow deviceLogins;

	private final Logout logout;

	private final Browser browser;

	private final McpOAuthListener listener;

	private final Clock clock;

	/**
	 * Create the service.
	 * @param clients the clients to talk to authorization servers with
	 * @param protocolSettings bounds of an exchange
	 * @param settings bounds of a login
	 * @param discovery finds the authorization server
	 * @param store keeps grants and clients
	 * @param browser shows people the authorization URL
	 * @param listener hears of logins and logouts
	 * @param clock the clock
	 * @param status tells how a login has ended
	 */
	public LoginService(AuthorizationWebClients clients, ProtocolSettings protocolSettings, LoginSettings settings,
			Discovery discovery, TokenStore store, Browser browser, McpOAuthListener listener, Clock clock,
			Function<GrantKey, Mono<ServerStatus>> status) {
		this(clients, protocolSettings, settings, discovery, store, browser, listener, clock, status,
				Schedulers.parallel());
	}

	LoginService(AuthorizationWebClients clients, ProtocolSettings protocolSettings, LoginSettings settings,
			Discovery discovery, TokenStore store, Browser browser, McpOAuthListener listener, Clock clock,
			Function<GrantKey, Mono<ServerStatus>> status, Scheduler scheduler) {
		StoredLogins stored = new StoredLogins(store, settings, clock);
		LoginClients loginClients = new LoginClients(new ClientRegistrationEndpoint(clients, protocolSettings, clock),
				stored, store, settings, clock);
		LoginSteps steps = new LoginSteps(new ServerProbe(clients, settings.probeTimeout()), discovery, loginClients,
				stored, status);
		TokenEndpoint tokenEndpoint = new TokenEndpoint(clients, protocolSettings, clock);
		this.codeLogins = new AuthorizationCodeFlow(steps, loginClients, new AuthorizationEndpoint(protocolSettings),
				tokenEndpoint, clock);
		this.deviceLogins = new DeviceCodeFlow(steps, loginClients,
				new DeviceAuthorizationEndpoint(clients, protocolSettings, clock), tokenEndpoint, scheduler, clock);
		this.logout = new Logout(discovery, loginClients, new TokenRevocationEndpoint(clients, protocolSettings, clock),
				stored, store, settings);
		this.browser = browser;
		this.listener = listener;
		this.clock = clock;
	}

	/**
	 * Start a login, or join the one in flight. One that began when the server had other
	 * settings is cancelled first.
	 * @param server the MCP server
	 * @param key the grant to log in for
	 * @param challenges values of the {@code WWW-Authenticate} headers of its last 401,
	 * empty to ask it for one
	 * @param request how to run the login; ignored when joining
	 * @return a mono with the login, as soon as its authorization URL is known.
	 * Cancelling it does not cancel the login. Fails with
	 * {@link io.github.mcpoauth.LoginException} and
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	public Mono<Login> login(McpServer server, GrantKey key, List<String> challenges, LoginRequest request) {
		return Mono
			.deferContextual((caller) -> Mono.fromFuture(join(server, key, challenges, request, caller).begun, true));
	}

	private Flight join(McpServer server, GrantKey key, List<String> challenges, LoginRequest request,
			ContextView caller) {
		Flight created = new Flight(server, key, caller);
		Flight current = this.flights.compute(key, (same, existing) -> {
			boolean joined = existing != null && existing.server.equals(server) && !existing.isOver();
			return joined ? existing : created.after(existing);
		});
		if (current.equals(created)) {
			created.start(challenges, request);
		}
		return current;
	}

	/**
	 * The login in flight, if its authorization URL is known.
	 * @param key the grant
	 * @return the login, {@code null} if there is none
	 */
	public @Nullable Login current(GrantKey key) {
		Flight flight = this.flights.get(key);
		PendingLogin login = (flight != null) ? flight.login : null;
		return (login != null && !login.isOver()) ? login : null;
	}

	/**
	 * Cancel the login in flight, whether its authorization URL is known or not.
	 * @param key the grant
	 */
	public void cancel(GrantKey key) {
		Flight flight = this.flights.get(key);
		if (flight != null) {
			flight.cancel();
		}
	}

	/**
	 * Cancel all logins in flight at a server.
	 * @param server name of the server
	 */
	public void cancelAll(String server) {
		this.flights.forEach((key, flight) -> {
			if (key.server().equals(server)) {
				flight.cancel();
			}
		});
	}

	/**
	 * Revoke the grant at the authorization server, best effort, and forget it here, in
	 * any case. The client is kept; a login in flight is cancelled.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with whether the authorization server confirmed the revocation of
	 * all tokens. Fails with {@link io.github.mcpoauth.TokenStoreException} when the
	 * grant could not be removed here
	 */
	public Mono<Boolean> logout(McpServer server, GrantKey key) {
		return remove(server, key, false);
	}

	/**
	 * As {@link #logout}, and forget the client and all else that is stored.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with whether the authorization server confirmed the revocation
	 */
	public Mono<Boolean> purge(McpServer server, GrantKey key) {
		return remove(server, key, true);
	}

	private Mono<Boolean> remove(McpServer server, GrantKey key, boolean all) {
		return Mono.defer(() -> {
			cancel(key);
			return this.logout.run(server, key, all).doOnNext((revoked) -> announceRemoval(key, all, revoked));
		});
	}

	private void announceRemoval(GrantKey key, boolean all, boolean revoked) {
		Instant now = this.clock.instant();
		this.listener.onEvent((all && key.principal() == null) ? new ServerRemoved(key.server(), null, now, revoked)
				: new LoggedOut(key.server(), key.principal(), now, revoked));
	}

	/**
	 * Cancel all logins in flight.
	 */
	@Override
	public void close() {
		List.copyOf(this.flights.values()).forEach(Flight::cancel);
	}

	/**
	 * A login from the first request for it until nothing is left of it.
	 */
	private final class Flight {

		private final McpServer server;

		private final GrantKey key;

		private final ContextView caller;

		private final CompletableFuture<Login> begun = new CompletableFuture<>();

		private final CompletableFuture<Void> gone = new CompletableFuture<>();

		private volatile @Nullable PendingLogin login;

		private @Nullable Flight predecessor;

		Flight(McpServer server, GrantKey key, ContextView caller) {
			this.server = server;
			this.key = key;
			this.caller = caller;
		}

		/**
		 * Wait for another flight to be gone, because both may need the same port.
		 */
		Flight after(@Nullable Flight flight) {
			this.predecessor = flight;
			return this;
		}

		boolean isOver() {
			PendingLogin known = this.login;
			return this.begun.isCompletedExceptionally() || (known != null && known.isOver());
		}

		void start(List<String> challenges, LoginRequest request) {
			Flight before = this.predecessor;
			this.predecessor = null;
			if (before == null) {
				begin(challenges, request);
				return;
			}
			before.cancel();
			Mono.fromFuture(before.gone, true).doFinally((signal) -> begin(challenges, request)).subscribe();
		}

		private void begin(List<String> challenges, LoginRequest request) {
			if (this.begun.isCompletedExceptionally()) {
				leave();
				return;
			}
			byte[] id = new byte[ID_BYTES];
			LoginService.this.random.nextBytes(id);
			Mono<ServerStatus> login = pending(HexFormat.of().formatHex(id), challenges, request).flatMap((known) -> {
				begun(known, request);
				return known.completion();
			}).onErrorMap((ex) -> LoginFailures.of(this.server, ex));
			LoginService.this.listener
				.observe(McpOAuthWork.login(this.server.name()), this.caller, login, (status) -> "success")
				.subscribe((status) -> {
				}, this::failed);
		}

		private Mono<? extends PendingLogin> pending(String id, List<String> challenges, LoginRequest request) {
			LoginService logins = LoginService.this;
			return request.deviceCode() ? logins.deviceLogins.begin(id, this.server, this.key, challenges)
					: logins.codeLogins.begin(id, this.server, this.key, challenges, request);
		}

		private void begun(PendingLogin known, LoginRequest request) {
			this.login = known;
			known.ended().doFinally((signal) -> leave()).subscribe();
			if (!this.begun.complete(known)) {
				known.cancel();
				return;
			}
			announce(known);
			if (request.openBrowser()) {
				Schedulers.boundedElastic().schedule(() -> open(known));
			}
		}

		private void announce(PendingLogin known) {
			McpOAuthListener listener = LoginService.this.listener;
			Clock clock = LoginService.this.clock;
			listener.onEvent(new LoginStarted(known.server(), this.key.principal(), clock.instant(), known.id(),
					known.authorizationUrl(), known.userCode(), known.expiresAt()));
			known.completion()
				.subscribe(
						(status) -> listener.onEvent(new LoggedIn(known.server(), this.key.principal(), clock.instant(),
								known.id(), status.expiresAt())),
						(ex) -> announceFailure(known.id(), LoginFailures.of(this.server, ex)));
		}

		private void announceFailure(@Nullable String flow, McpOAuthException failure) {
			Reason reason = (failure instanceof LoginException refused) ? refused.getReason() : null;
			LoginService.this.listener.onEvent(new LoginFailed(this.server.name(), this.key.principal(),
					LoginService.this.clock.instant(), flow, reason, String.valueOf(failure.getMessage())));
		}

		private void open(PendingLogin known) {
			URI url = known.authorizationUrl();
			boolean opened = url != null && LoginService.this.browser.open(url);
			logger.debug(LogMessage.format("[%s] %s", known.id(),
					opened ? "A browser was opened" : "No browser was opened"));
		}

		/**
		 * What has begun says itself how it ends.
		 */
		private void failed(Throwable failure) {
			if (this.login != null) {
				return;
			}
			leave();
			McpOAuthException cause = LoginFailures.of(this.server, failure);
			if (this.begun.completeExceptionally(cause)) {
				announceFailure(null, cause);
			}
		}

		private void leave() {
			LoginService.this.flights.remove(this.key, this);
			this.gone.complete(null);
		}

		/**
		 * What has not begun yet ends as soon as it has, without anybody getting to see
		 * it.
		 */
		void cancel() {
			this.begun.completeExceptionally(LoginFailures.failure(this.server, Reason.CANCELLED, "it was cancelled"));
			PendingLogin known = this.login;
			if (known != null) {
				known.cancel();
			}
		}

	}

}
