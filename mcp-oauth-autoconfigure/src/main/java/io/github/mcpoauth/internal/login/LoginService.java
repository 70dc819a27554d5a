// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedIn;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedOut;
import io.github.mcpoauth.event.McpOAuthEvent.LoginFailed;
import io.github.mcpoauth.event.McpOAuthEvent.LoginStarted;
import io.github.mcpoauth.event.McpOAuthEvent.ServerRemoved;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.store.LessonBook;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.core.log.LogMessage;

/**
 * Logs in and out.
 * <p>
 * At most one login runs for a grant. A caller that asks for another joins it and gets
 * the same authorization URL. A login belongs to this service and not to its callers: it
 * runs until it is answered, cancelled, or timed out. This service knows nothing of
 * refreshes; the two meet in the store.
 */
public final class LoginService implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(LoginService.class);

	private static final int ID_BYTES = 4;

	/**
	 * A caller waits with its 403 until the lesson is stored.
	 */
	private static final Duration LONGEST_LESSON = Duration.ofSeconds(2);

	private final SecureRandom random = new SecureRandom();

	private final Map<GrantKey, LoginRun> runs = new ConcurrentHashMap<>();

	private final LoginRun.Lifecycle lifecycle = new Announcements(false);

	private final ServerProbe probe;

	private final LoginEndpoints endpoints;

	private final StoredLogins stored;

	private final LoginHandover handover;

	private final LessonBook lessons;

	private final LoginClients clients;

	private final AuthorizationCodeFlow authorizationCodeFlow;

	private final DeviceCodeFlow deviceCodeFlow;

	private final Logout logout;

	private final @Nullable String refusal;

	private final Browser browser;

	private final McpOAuthListener listener;

	private final WorkThreads threads;

	/**
	 * Create the service.
	 * @param endpoints the endpoints to talk to
	 * @param settings bounds of a login
	 * @param store keeps grants and clients
	 * @param browser shows the authorization URL to the user
	 * @param listener receives the events of logins and logouts
	 */
	public LoginService(LoginEndpoints endpoints, LoginSettings settings, TokenStore store, Browser browser,
			McpOAuthListener listener) {
		this(endpoints, settings, store, browser, listener, endpoints.threads().timer());
	}

	LoginService(LoginEndpoints endpoints, LoginSettings settings, TokenStore store, Browser browser,
			McpOAuthListener listener, Scheduler pauses) {
		this.endpoints = endpoints;
		this.probe = endpoints.probe(settings.probeTimeout());
		this.stored = new StoredLogins(store, settings, endpoints.clock());
		this.handover = new LoginHandover(new PendingLoginRepository(store, endpoints.threads(), endpoints.clock()),
				endpoints, this.stored);
		this.lessons = new LessonBook(store, LONGEST_LESSON);
		this.clients = new LoginClients(endpoints.registration(), this.stored, store, settings, endpoints.clock());
		this.authorizationCodeFlow = new AuthorizationCodeFlow(endpoints, this.clients);
		this.deviceCodeFlow = new DeviceCodeFlow(endpoints, this.clients, pauses);
		this.logout = new Logout(endpoints, this.clients, this.stored, store, settings);
		this.refusal = settings.refusal();
		this.browser = browser;
		this.listener = listener;
		this.threads = endpoints.threads();
	}

	/**
	 * Start a login, or join the one that runs. A login that began when the server had
	 * other settings is cancelled first, and so is one that uses a client which the
	 * request does not want. A request with an owner joins a login of another process,
	 * too.
	 * @param server the MCP server
	 * @param key the grant to log in for
	 * @param challenges values of the {@code WWW-Authenticate} headers of its last
	 * rejection, empty to ask the server for one
	 * @param request how to run the login; ignored when joining
	 * @return a mono with the login, as soon as its authorization URL is known.
	 * Cancelling the subscription does not cancel the login. Fails with
	 * {@link LoginException} and {@link io.github.mcpoauth.TokenStoreException}
	 */
	public Mono<LoginRun> login(McpServer server, GrantKey key, List<String> challenges, LoginRequest request) {
		return (this.refusal != null)
				? Mono.error(() -> new LoginException(server.name(), Reason.CONFIGURATION, this.refusal))
				: Mono
					.deferContextual((caller) -> lookAtPresent(key)
						.then(Mono.defer(() -> joinOther(server, key, request)))
						.switchIfEmpty(Mono
							.defer(() -> join(new LoginRun.Subject(server, key, challenges, request), caller).begun())))
					.flatMap(LoginRun::openable);
	}

	/**
	 * A login that another process has ended must not be joined, and one that is ending
	 * must have ended in its record.
	 */
	private Mono<Void> lookAtPresent(GrantKey key) {
		LoginRun present = this.runs.get(key);
		if (present == null) {
			return Mono.empty();
		}
		return present.isOver() ? present.completion().onErrorComplete().then() : present.look();
	}

	private Mono<LoginRun> joinOther(McpServer server, GrantKey key, LoginRequest request) {
		if (request.owner() == null || request.newClient() || this.runs.containsKey(key)) {
			return Mono.empty();
		}
		return this.handover.waiting(key).flatMap((login) -> resume(server, key, login));
	}

	/**
	 * The logins for a grant in all processes, also those that ended a while ago. Codes
	 * that wait to be confirmed are from now on asked about by this process, too, in case
	 * the one that began the login has died.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with the logins, the newest first. Fails with
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	public Mono<List<PendingLogin>> pending(McpServer server, GrantKey key) {
		return this.handover.of(server, key).doOnNext((logins) -> logins.forEach((login) -> {
			if (login.shown().userCode() != null && this.handover.isWaiting(login)) {
				resume(server, key, login).subscribe(null, (ex) -> logger.debug("A code is not asked about", ex));
			}
		}));
	}

	/**
	 * Go on with a login, whichever process began it.
	 * @param server the MCP server
	 * @param key the grant
	 * @param login the login
	 * @return a mono with the login in this process. Fails with {@link LoginException}
	 */
	public Mono<LoginRun> resume(McpServer server, GrantKey key, PendingLogin login) {
		return Mono.defer(() -> {
			LoginRun running = this.runs.get(key);
			if (running != null && running.id().equals(login.id())) {
				return running.begun();
			}
			LoginRequest request = new LoginRequest(false, null, login.shown().userCode() != null, false,
					login.owner());
			LoginRun run = new LoginRun(login.id(), new LoginRun.Subject(server, key, List.of(), request), this.threads,
					new Announcements(true));
			LoginRun present = this.runs.putIfAbsent(key, run);
			if (present != null && present.id().equals(login.id())) {
				return present.begun();
			}
			logger.debug(run.message("This process goes on with the login to MCP server '%s'".formatted(key)));
			run.start(Mono.fromCallable(() -> {
				LoginPrompt prompt = flow(request).resume(run, login);
				// Not before the prompt: where the settings of this process do not fit,
				// the login goes on in others
				this.handover.share(run);
				return prompt;
			}), (issued) -> store(run, issued), Context.empty());
			return run.begun();
		});
	}

	private LoginRun join(LoginRun.Subject subject, ContextView caller) {
		LoginRun created = new LoginRun(newId(), subject, this.threads, this.lifecycle);
		while (true) {
			LoginRun present = this.runs.putIfAbsent(subject.key(), created);
			if (present == null) {
				start(created, caller);
				return created;
			}
			if (present.server().equals(subject.server()) && !present.isOver() && !subject.request().newClient()) {
				return present;
			}
			// Of two callers that replace the same login, one starts and the other joins
			if (this.runs.replace(subject.key(), present, created)) {
				present.cancel();
				// The old login may hold the port that the new one needs
				present.completion().onErrorComplete().doFinally((signal) -> start(created, caller)).subscribe();
				return created;
			}
		}
	}

	private String newId() {
		byte[] id = new byte[ID_BYTES];
		this.random.nextBytes(id);
		return HexFormat.of().formatHex(id);
	}

	private void start(LoginRun login, ContextView caller) {
		Mono<Grant> whole = Mono.deferContextual((context) -> {
			start(login, Context.of(context));
			return login.completion();
		});
		try {
			this.listener.observe(McpOAuthWork.login(login.serverName()), caller, whole, (grant) -> "success")
				.subscribe((grant) -> {
				}, (ex) -> {
				});
		}
		catch (Throwable ex) {
			logger.warn(login.message("The listener that watches the login failed"), ex);
		}
		// A listener that failed, or dropped the work, must not leave the slot taken
		start(login, Context.empty());
	}

	private void start(LoginRun login, Context context) {
		login.start(Mono.defer(() -> begin(login)), (issued) -> store(login, issued), context);
	}

	private Mono<LoginPrompt> begin(LoginRun login) {
		LoginRun.Subject subject = login.subject();
		logger.debug(login.message("A login to MCP server '%s' begins".formatted(subject.key())));
		LoginFlow flow = flow(subject.request());
		return this.stored.requireLock(subject.key())
			.then(Mono.defer(() -> subject.challenges().isEmpty() ? this.probe.challenges(subject.server())
					: Mono.just(subject.challenges())))
			.flatMap((challenges) -> begin(login, flow, challenges, Map.of()))
			.flatMap((prompt) -> this.handover.record(login, prompt));
	}

	private LoginFlow flow(LoginRequest request) {
		return request.deviceCode() ? this.deviceCodeFlow : this.authorizationCodeFlow;
	}

	/**
	 * Begin at the first authorization server that serves the login.
	 * @param refusals those that did not, each with its answer
	 */
	private Mono<LoginPrompt> begin(LoginRun login, LoginFlow flow, List<String> challenges,
			Map<String, String> refusals) {
		return this.endpoints.discovery()
			.discover(login.server(), login.key(), challenges, refusals)
			.zipWith(this.stored.demandedScopes(login.key()), Discovered::withScopes)
			.doOnNext((discovered) -> log(login, discovered))
			.flatMap((discovered) -> flow.begin(login, discovered).onErrorResume(RefusedLoginException.class, (ex) -> {
				Map<String, String> refused = new LinkedHashMap<>(refusals);
				refused.put(discovered.authorizationServer().issuer(), ex.answer());
				if (!discovered.replaceable()) {
					return Mono.error(refusals.isEmpty() ? ex : ex.withAll(login.server(), refused));
				}
				logger.debug(login.message(ex.answer() + ". The next authorization server is tried"));
				return begin(login, flow, challenges, refused).onErrorMap(
						(failure) -> failure instanceof UnusableException unusable && !unusable.isOtherIssuer(),
						(failure) -> ex.withAll(login.server(), String.valueOf(failure.getMessage())));
			}));
	}

	private static void log(LoginRun login, Discovered discovered) {
		logger.debug(LogMessage.format("[%s] The authorization server is %s, resource %s, scopes %s", login.id(),
				UntrustedText.quote(discovered.authorizationServer().issuer()),
				UntrustedText.quote(discovered.resourceIndicator()),
				UntrustedText.quote(String.join(" ", discovered.scopes()))));
	}

	private Mono<Grant> store(LoginRun login, IssuedGrant issued) {
		return this.stored.replace(login.key(), issued, login::storing).doOnNext((kept) -> {
			this.clients.stored(login.key());
			logger.info(LogMessage.format("[%s] Logged in to MCP server '%s' at %s as client %s, scopes %s, %s%s%s",
					login.id(), login.key().server(), UntrustedText.quote(kept.issuer()),
					UntrustedText.quote(kept.clientId()), UntrustedText.quote(String.join(" ", kept.scope())),
					expiry(kept), (kept.refreshToken() != null) ? "" : ", without a refresh token",
					kept.isBound() ? ", bound to a key (DPoP)" : ""));
		});
	}

	private static String expiry(Grant grant) {
		return (grant.expiresAt() != null) ? "expires at " + grant.expiresAt() : "no expiry known";
	}

	/**
	 * Remember scopes that the MCP server demanded and the stored grant does not have, so
	 * that the next login asks for them, whichever process starts it.
	 * @param key the grant
	 * @param scopes the scopes
	 * @return an empty mono, which does not fail and takes a few seconds at most
	 */
	public Mono<Void> demanded(GrantKey key, Set<String> scopes) {
		return this.threads.within(this.lessons.demanded(key, scopes), LONGEST_LESSON)
			.onErrorComplete(TimeoutException.class);
	}

	/**
	 * The login that runs, if its authorization URL is known.
	 * @param key the grant
	 * @return the login, {@code null} if absent
	 */
	public @Nullable LoginRun current(GrantKey key) {
		LoginRun login = this.runs.get(key);
		return (login != null && login.hasBegun()) ? login : null;
	}

	/**
	 * Cancel all logins at a server.
	 * @param server name of the server
	 */
	public void cancelAll(String server) {
		this.runs.forEach((key, login) -> {
			if (key.server().equals(server)) {
				login.cancel();
			}
		});
	}

	/**
	 * Cancel all logins of a principal.
	 * @param principal the principal
	 * @return an empty mono that ends when they have ended, one that was being stored
	 * too. Does not fail
	 */
	public Mono<Void> cancelAllOf(String principal) {
		return endAll((login) -> principal.equals(login.key().principal()), LoginRun::cancel);
	}

	private Mono<Void> endAll(Predicate<LoginRun> chosen, Consumer<LoginRun> end) {
		return Mono.defer(() -> {
			List<LoginRun> present = this.runs.values().stream().filter(chosen).toList();
			present.forEach(end);
			return Flux.fromIterable(present).flatMap((login) -> login.completion().onErrorComplete()).then();
		});
	}

	/**
	 * Whether logins that ended long ago stay in the store until they are removed.
	 * @return {@code false} if the store removes them itself
	 */
	public boolean keepsExpired() {
		return this.handover.pending().keepExpired();
	}

	/**
	 * Remove the record of the logins for a grant, if all of them ended long ago.
	 * @param key the grant
	 * @return a mono with whether a record was removed. Fails with
	 * {@link io.github.mcpoauth.TokenStoreException}
	 */
	public Mono<Boolean> removeExpired(GrantKey key) {
		return Mono.defer(() -> this.handover.pending().removeExpired(key));
	}

	/**
	 * Remove the grant from the store, in any case, and revoke it at the authorization
	 * server if that is possible. The client is kept; a login that runs is cancelled.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with {@code true} if the authorization server confirmed that all
	 * tokens are revoked. Fails with {@link io.github.mcpoauth.TokenStoreException} when
	 * the grant could not be removed from the store
	 */
	public Mono<Boolean> logout(McpServer server, GrantKey key) {
		return remove(server, key, false);
	}

	/**
	 * As {@link #logout}, and remove the client and all other records.
	 * @param server the MCP server
	 * @param key the grant
	 * @return a mono with {@code true} if the authorization server confirmed the
	 * revocation
	 */
	public Mono<Boolean> purge(McpServer server, GrantKey key) {
		return remove(server, key, true);
	}

	private Mono<Boolean> remove(McpServer server, GrantKey key, boolean all) {
		return Mono.defer(() -> {
			LoginRun login = this.runs.get(key);
			if (login != null) {
				login.cancel();
			}
			return this.handover.clear(key)
				.then(this.logout.run(server, key, all))
				.doOnNext((revoked) -> announceRemoval(key, all, revoked));
		});
	}

	private void announceRemoval(GrantKey key, boolean all, boolean revoked) {
		Instant now = this.endpoints.clock().instant();
		announce((all && key.principal() == null) ? new ServerRemoved(key.server(), null, now, revoked)
				: new LoggedOut(key.server(), key.principal(), now, revoked));
	}

	private void announce(McpOAuthEvent event) {
		try {
			this.listener.onEvent(event);
		}
		catch (Throwable ex) {
			// The login continues although a listener failed (law 17)
			logger.warn("A listener failed on an event of MCP server '%s'".formatted(event.server()), ex);
		}
	}

	/**
	 * Leave the logins that wait for a user to other processes, or cancel those that end
	 * with this process.
	 * @return a mono that ends when all logins have ended. A login with a received
	 * response is exchanged and stored first
	 */
	public Mono<Void> end() {
		return endAll((login) -> true, LoginRun::leaveUnanswered);
	}

	/**
	 * Cancel all logins but those that other processes can go on with.
	 */
	@Override
	public void close() {
		List.copyOf(this.runs.values()).forEach(LoginRun::leave);
	}

	/**
	 * Tells the listener and the browser of a login, and frees its slot.
	 */
	private final class Announcements implements LoginRun.Lifecycle {

		private final LoginService service = LoginService.this;

		private final boolean resumed;

		Announcements(boolean resumed) {
			this.resumed = resumed;
		}

		@Override
		public void begun(LoginRun login) {
			if (this.resumed) {
				return;
			}
			this.service.announce(new LoginStarted(login.serverName(), login.key().principal(), now(), login.id(),
					login.authorizationUrl(), login.userCode(), login.expiresAt()));
			if (login.subject().request().openBrowser()) {
				this.service.threads.blocking().schedule(() -> open(login));
			}
		}

		private void open(LoginRun login) {
			try {
				boolean opened = this.service.browser.open(login.authorizationUrl());
				logger.debug(login.message(opened ? "A browser was opened" : "No browser was opened"));
			}
			catch (RuntimeException ex) {
				logger.warn(login.message("The browser could not be opened. Open the address yourself"), ex);
			}
		}

		@Override
		public void ended(LoginRun login, @Nullable Grant stored, @Nullable McpOAuthException failure) {
			if (login.shared().isEndedElsewhere()) {
				logger.debug(login.message("Another process goes on with the login, or has ended it"));
			}
			else if (stored != null) {
				this.service.announce(new LoggedIn(login.serverName(), login.key().principal(), now(), login.id(),
						stored.expiresAt()));
			}
			else if (failure != null) {
				Reason reason = (failure instanceof LoginException refused) ? refused.getReason() : null;
				this.service.announce(new LoginFailed(login.serverName(), login.key().principal(), now(),
						login.wasShown() ? login.id() : null, reason, String.valueOf(failure.getMessage())));
			}
			// Two arguments: a login that has replaced this one keeps the slot
			this.service.runs.remove(login.key(), login);
		}

		private Instant now() {
			return this.service.endpoints.clock().instant();
		}

	}

}
