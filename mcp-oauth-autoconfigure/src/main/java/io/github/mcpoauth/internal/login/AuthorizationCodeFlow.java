// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.login.LoginClients.Candidate;
import io.github.mcpoauth.internal.login.LoginClients.RedirectRefusedException;
import io.github.mcpoauth.internal.login.LoopbackListener.Reception;
import io.github.mcpoauth.internal.protocol.AuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.AuthorizationRequest;
import io.github.mcpoauth.internal.protocol.AuthorizationResponse;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.PushedAuthorizationRequestEndpoint;
import io.github.mcpoauth.internal.protocol.PushedAuthorizationRequestEndpoint.Pushed;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Logs in with an authorization code (RFC 6749, section 4.1).
 */
final class AuthorizationCodeFlow extends LoginFlow {

	private static final Log logger = LogFactory.getLog(AuthorizationCodeFlow.class);

	/**
	 * An address that ends sooner is replaced before it is shown again.
	 */
	private static final Duration TIME_TO_OPEN = Duration.ofSeconds(10);

	private static final String UNMATCHED = "The authorization server answered %s without a state, so the answer cannot be matched with a login";

	private final AuthorizationEndpoint authorizationEndpoint;

	private final PushedAuthorizationRequestEndpoint pushEndpoint;

	private final TokenEndpoint tokenEndpoint;

	AuthorizationCodeFlow(LoginEndpoints endpoints, LoginClients clients) {
		super(endpoints, clients);
		this.authorizationEndpoint = endpoints.authorization();
		this.pushEndpoint = endpoints.pushedAuthorization();
		this.tokenEndpoint = endpoints.token();
	}

	@Override
	Mono<LoginPrompt> begin(LoginRun login, Discovered discovered) {
		McpServer server = login.server();
		return Mono.fromRunnable(() -> requirePkce(server, discovered.authorizationServer()))
			.then(this.clients.candidate(login.subject(), discovered))
			.flatMap((candidate) -> Mono
				.fromCallable(() -> RedirectTarget.open(server, login.subject().request(), candidate.registered()))
				.subscribeOn(this.threads.blocking())
				.flatMap((target) -> beginAt(login, discovered, candidate, target)
					.onErrorResume(RedirectRefusedException.class, (ex) -> beginAtOther(login, discovered, ex))));
	}

	/**
	 * Some servers register localhost and not 127.0.0.1, and some the other way round.
	 */
	private Mono<LoginPrompt> beginAtOther(LoginRun login, Discovered discovered, RedirectRefusedException refusal) {
		return Mono.fromCallable(() -> RedirectTarget.openOther(login.server(), login.subject().request()))
			.subscribeOn(this.threads.blocking())
			.flatMap((target) -> beginAt(login, discovered, new Candidate(null, null), target))
			.onErrorMap(RedirectRefusedException.class, (ex) -> refusal)
			.switchIfEmpty(Mono.error(refusal));
	}

	private Mono<LoginPrompt> beginAt(LoginRun login, Discovered discovered, Candidate candidate,
			RedirectTarget target) {
		return begin(login, discovered, candidate, target).onErrorResume((ex) -> close(target, ex));
	}

	private static void requirePkce(McpServer server, AuthorizationServerMetadata metadata) {
		if (server.oauth().requirePkce() && !metadata.codeChallengeMethods().contains("S256")) {
			throw new RefusedLoginException(server, Reason.PROTOCOL,
					"the authorization server %s does not say that it supports PKCE with S256, without which a stolen code could be used"
						.formatted(UntrustedText.quote(metadata.issuer())),
					"If it does support it, set %s to false".formatted(LoginFailures.property(server, "require-pkce")),
					null);
		}
	}

	private Mono<LoginPrompt> close(RedirectTarget target, Throwable failure) {
		LoopbackListener listener = target.listener();
		return (listener != null) ? Mono.fromRunnable(() -> listener.close(CallbackPage.notFound()))
			.subscribeOn(this.threads.blocking())
			.then(Mono.error(failure)) : Mono.error(failure);
	}

	private Mono<LoginPrompt> begin(LoginRun login, Discovered discovered, Candidate candidate, RedirectTarget target) {
		McpServer server = login.server();
		logger.debug(login.message("The answer is expected at " + target.uri()));
		return this.clients.select(server, discovered, candidate, target.uri())
			.zipWith(dpopKey(discovered), (client, dpopKey) -> {
				logger.debug(login.message("The client is " + UntrustedText.quote(client.clientId())));
				AuthorizationRequest request = this.authorizationEndpoint.request(server,
						discovered.authorizationServer(), client.clientId(), target.uri(),
						discovered.audience(dpopKey.orElse(null)));
				return new Prompt(login, request, target.listener(),
						new Party(client, discovered.authorizationServer(), timeoutHint(server, candidate, client)),
						this.endpoints.clock().instant().plus(server.oauth().callbackTimeout()));
			})
			.flatMap((prompt) -> prompt.pushed()
				.then(Mono.<LoginPrompt>fromSupplier(prompt::listening))
				.onErrorResume(ExchangeException.class,
						(ex) -> this.<LoginPrompt>refused(server, prompt.party.client(), ex)
							.onErrorResume((refusal) -> isReplaceable(candidate, prompt.party, refusal)
									? begin(login, discovered, new Candidate(null, null), target)
									: Mono.error(refusal))));
	}

	/**
	 * A client that an earlier login registered and that is not known any more is
	 * replaced, because the user has seen nothing yet. So is a metadata document that the
	 * authorization server does not accept, where it registers clients, too.
	 */
	private static boolean isReplaceable(Candidate candidate, Party party, Throwable refusal) {
		boolean document = party.client().origin() == OAuthClient.Origin.METADATA_DOCUMENT
				&& party.metadata().registrationEndpoint() != null;
		return (document || isReused(candidate, party.client())) && refusal instanceof RefusedException refused
				&& refused.is("invalid_client");
	}

	private static boolean isReused(Candidate candidate, OAuthClient client) {
		return candidate.registered() != null && candidate.registered().client().equals(client);
	}

	@Override
	LoginPrompt resume(LoginRun login, PendingLogin pending) throws MalformedRecordException {
		FinishingSecrets secrets = FinishingSecrets.of(pending);
		AuthorizationServerMetadata metadata = secrets.metadata();
		Login.Callback callback = pending.shown().callback();
		if (callback == null) {
			throw new MalformedRecordException("has no redirect URI");
		}
		AuthorizationRequest request = new AuthorizationRequest(secrets.uri("endpoint"), secrets.lists("parameters"),
				secrets.audience(this.endpoints.clock()), metadata.issParameterSupported(), callback.redirectUri(),
				callback.state(), secrets.secret("code_verifier"));
		return new Prompt(login, request, null, new Party(secrets.client(login.server()), metadata, ""),
				pending.expiresAt());
	}

	/**
	 * An authorization server that has forgotten a client tells the browser only.
	 */
	private static String timeoutHint(McpServer server, Candidate candidate, OAuthClient client) {
		if (client.origin() == OAuthClient.Origin.METADATA_DOCUMENT) {
			return """
					. If the page said that it does not know the client, the authorization server could not use its document: \
					`mcp client-metadata --check %s` says what is wrong with it"""
				.formatted(client.clientId());
		}
		return isReused(candidate, client) ? """
				. If the page said that it does not know the client, run `mcp login %s --new-client`: \
				it registers a new one""".formatted(server.name()) : "";
	}

	/**
	 * The two sides of the exchange.
	 *
	 * @param client our client
	 * @param metadata metadata of the authorization server
	 * @param timeoutHint added to the message when the user did not answer in time
	 */
	private record Party(OAuthClient client, AuthorizationServerMetadata metadata, String timeoutHint) {

	}

	/**
	 * The answer of the authorization server.
	 *
	 * @param code the code, {@code null} for a refusal
	 * @param refusal the refusal, {@code null} for a code
	 */
	private record CodeResult(@Nullable Secret code, @Nullable ExchangeException refusal) {

	}

	/**
	 * Waits for the answer. The browser may bring it, and the user may paste it: the
	 * first valid answer counts, and an invalid one leaves the login waiting.
	 */
	private final class Prompt implements LoginPrompt {

		private final LoginRun login;

		private final AuthorizationRequest request;

		// Written by the thread that pushes, read by callers that ask for the address
		private volatile @Nullable Pushed pushed;

		private final @Nullable LoopbackListener listener;

		private final Party party;

		private final Instant expiresAt;

		private final CompletableFuture<CodeResult> answer = new CompletableFuture<>();

		Prompt(LoginRun login, AuthorizationRequest request, @Nullable LoopbackListener listener, Party party,
				Instant expiresAt) {
			this.login = login;
			this.request = request;
			this.listener = listener;
			this.party = party;
			this.expiresAt = expiresAt;
		}

		/**
		 * The time that is left when the process begins to wait.
		 */
		private Duration timeout() {
			Duration left = Duration.between(AuthorizationCodeFlow.this.endpoints.clock().instant(), this.expiresAt);
			return left.isNegative() ? Duration.ZERO : left;
		}

		@Override
		public Map<String, Object> secrets() {
			return FinishingSecrets.of(this.party.client(), this.party.metadata(), this.request.audience())
				.put("endpoint", this.request.endpoint().toString())
				.put("parameters", this.request.parameters())
				.put("code_verifier", this.request.codeVerifier().reveal())
				.members();
		}

		@Override
		public boolean offersDeviceCode() {
			return this.party.metadata().deviceAuthorizationEndpoint() != null;
		}

		/**
		 * Before the address is known to callers, because a program may answer at once.
		 */
		Prompt listening() {
			if (this.listener != null) {
				this.listener.expect(this.request.redirectUri(), this::receive);
			}
			return this;
		}

		/**
		 * Push the request, if that is required.
		 */
		Mono<Void> pushed() {
			if (!PushedAuthorizationRequestEndpoint.isRequired(this.party.metadata(), this.party.client())) {
				return Mono.empty();
			}
			return withEachMethod((client) -> AuthorizationCodeFlow.this.pushEndpoint.push(this.login.server(),
					this.party.metadata(), this.request, client))
				.doOnNext((pushed) -> {
					logger.debug(this.login.message("The authorization request was pushed"));
					this.pushed = pushed;
				})
				.then();
		}

		@Override
		public URI authorizationUrl() {
			Pushed known = this.pushed;
			return ((known != null) ? known.request() : this.request).uri();
		}

		@Override
		public Login.Callback callback() {
			return new Login.Callback(this.request.redirectUri(), this.request.state());
		}

		@Override
		public @Nullable Instant authorizationUrlExpiresAt() {
			Pushed known = this.pushed;
			return (known != null) ? known.expiresAt() : null;
		}

		/**
		 * Two callers may push at once: both addresses lead to the same request.
		 */
		@Override
		public Mono<Void> renewAuthorizationUrl() {
			Instant end = authorizationUrlExpiresAt();
			if (end == null) {
				// The address that another process got is known to that process
				return (this.pushed == null) ? pushed() : Mono.empty();
			}
			return end.minus(TIME_TO_OPEN).isAfter(AuthorizationCodeFlow.this.endpoints.clock().instant())
					? Mono.empty() : pushed();
		}

		@Override
		public Instant expiresAt() {
			return this.expiresAt;
		}

		@Override
		public Mono<IssuedGrant> grant() {
			return AuthorizationCodeFlow.this.threads.within(Mono.fromFuture(this.answer, true), timeout())
				.onErrorMap(TimeoutException.class, (ex) -> LoginFailures.failure(this.login.server(), Reason.TIMED_OUT,
						"no answer came within %d s%s".formatted(
								this.login.server().oauth().callbackTimeout().toSeconds(), this.party.timeoutHint())))
				// Another process may have received an answer, too: a code that is sent
				// twice makes the authorization server revoke the tokens
				.delayUntil((answer) -> this.login.shared().claim())
				.flatMap(this::exchange)
				.onErrorResume(ExchangeException.class, (ex) -> refused(this.login.server(), this.party.client(), ex));
		}

		private Mono<IssuedGrant> exchange(CodeResult answer) {
			Secret code = answer.code();
			return (code != null) ? exchange(code) : Mono.error(() -> Objects.requireNonNull(answer.refusal()));
		}

		private Mono<IssuedGrant> exchange(Secret code) {
			return withEachMethod((client) -> exchange(code, client));
		}

		private <T> Mono<T> withEachMethod(Function<OAuthClient, Mono<T>> send) {
			OAuthClient client = this.party.client();
			return Flux.fromIterable(RegisteredClient.withSecretMethods(client, this.party.metadata().authMethods()))
				.reduce(send.apply(client),
						(attempt, next) -> attempt.onErrorResume(RegisteredClient::isSecretWanted, (ex) -> {
							logger.debug(this.login.message(
									"%s. The registration said that the method is 'none' and came with a secret, which is tried now"
										.formatted(ex.getMessage())));
							return send.apply(next);
						}))
				.flatMap((attempt) -> attempt);
		}

		private Mono<IssuedGrant> exchange(Secret code, OAuthClient client) {
			return AuthorizationCodeFlow.this.tokenEndpoint.exchange(this.login.server(), this.request, code, client)
				.doOnNext((grant) -> logger.debug(this.login.message("The code was exchanged")))
				.map((grant) -> new IssuedGrant(grant, client, this.party.metadata()));
		}

		@Override
		public void complete(String pasted) {
			AuthorizationResponse response = PastedAnswer.read(pasted, this.request.redirectUri());
			String error = response.errorWithoutState();
			if (error != null) {
				throw new IllegalArgumentException(UNMATCHED.formatted(error));
			}
			Reception reception = receive(response, () -> logger.debug(this.login.message("The answer was pasted")));
			if (reception.equals(Reception.FOREIGN)) {
				throw new IllegalArgumentException("This is the answer to another login, or a damaged one");
			}
		}

		private Reception receive(String query, Runnable keep) {
			AuthorizationResponse response;
			try {
				response = AuthorizationResponse.ofQuery(query);
			}
			catch (IllegalArgumentException ex) {
				return Reception.FOREIGN;
			}
			String error = response.errorWithoutState();
			if (error != null) {
				logger.warn(this.login.message(UNMATCHED.formatted(error)
						+ ". The login goes on: try again in the browser, or cancel the login"));
				return Reception.unmatched(error);
			}
			return receive(response, keep);
		}

		/**
		 * A bare code is accepted: only the user of this login can paste it.
		 */
		private Reception receive(AuthorizationResponse response, Runnable keep) {
			if (!response.answers(this.request)) {
				logger.debug(this.login.message("An answer to another request was ignored"));
				return Reception.FOREIGN;
			}
			Secret code = null;
			ExchangeException refusal = null;
			try {
				code = response.code(this.request);
			}
			catch (ExchangeException ex) {
				refusal = ex;
			}
			// A code can be exchanged once: of two answers, the second must not be sent
			if (!this.login.exchanging()) {
				return Reception.LATE;
			}
			// Before the exchange may end, or the browser would not get the page
			keep.run();
			logger.debug(this.login.message("The answer has arrived"));
			this.answer.complete(new CodeResult(code, refusal));
			return Reception.ANSWER;
		}

		@Override
		public void close(@Nullable McpOAuthException failure) {
			if (this.listener != null) {
				this.listener.close((failure != null) ? CallbackPage.failure(String.valueOf(failure.getMessage()))
						: CallbackPage.success(this.login.serverName()));
			}
		}

	}

}
