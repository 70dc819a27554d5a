// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.login.LoginClients.Candidate;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DeviceAuthorization;
import io.github.mcpoauth.internal.protocol.DeviceAuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnknownOutcomeException;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

import org.springframework.core.log.LogMessage;

/**
 * Logs in with a code that the user confirms on another device (RFC 8628). It needs no
 * browser that comes back to this machine.
 */
final class DeviceCodeFlow extends LoginFlow {

	/**
	 * RFC 8628, section 3.5.
	 */
	private static final Duration SLOWER = Duration.ofSeconds(5);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

	private static final Log logger = LogFactory.getLog(DeviceCodeFlow.class);

	private final DeviceAuthorizationEndpoint deviceEndpoint;

	private final TokenEndpoint tokenEndpoint;

	private final Scheduler pauses;

	DeviceCodeFlow(LoginEndpoints endpoints, LoginClients clients, Scheduler pauses) {
		super(endpoints, clients);
		this.deviceEndpoint = endpoints.deviceAuthorization();
		this.tokenEndpoint = endpoints.token();
		this.pauses = pauses;
	}

	@Override
	Mono<LoginPrompt> begin(LoginRun login, Discovered discovered) {
		McpServer server = login.server();
		return Mono.fromRunnable(() -> requireEndpoint(server, discovered.authorizationServer()))
			.then(this.clients.candidate(login.subject(), discovered))
			.flatMap((candidate) -> client(server, discovered, candidate))
			.flatMap((client) -> begin(login, discovered, client));
	}

	private static void requireEndpoint(McpServer server, AuthorizationServerMetadata metadata) {
		if (metadata.deviceAuthorizationEndpoint() == null) {
			throw new RefusedLoginException(server, Reason.CONFIGURATION,
					"the authorization server %s has no device authorization endpoint"
						.formatted(UntrustedText.quote(metadata.issuer())),
					"Log in with a browser: `mcp login %s`. If the browser runs on another machine, paste the address that it ends up at"
						.formatted(server.name()),
					null);
		}
	}

	/**
	 * The client is registered with a redirect URI too: servers require one, and the
	 * client then serves both kinds of login.
	 */
	private Mono<OAuthClient> client(McpServer server, Discovered discovered, Candidate candidate) {
		Mono<URI> redirectUri = Mono.fromCallable(() -> RedirectTarget.uri(server, candidate.registered()))
			.subscribeOn(this.threads.blocking());
		return this.clients.selectForDevice(server, discovered, candidate, redirectUri);
	}

	private Mono<LoginPrompt> begin(LoginRun login, Discovered discovered, OAuthClient client) {
		logger.debug(login.message("The client is " + UntrustedText.quote(client.clientId())));
		McpServer server = login.server();
		return dpopKey(discovered)
			.flatMap((dpopKey) -> this.deviceEndpoint.authorize(server, discovered.authorizationServer(), client,
					discovered.audience(dpopKey.orElse(null))))
			.onErrorResume(ExchangeException.class, (ex) -> refused(server, client, ex))
			.map((authorization) -> {
				logger.debug(LogMessage.format("[%s] The user can confirm the code until %s; polling every %d s",
						login.id(), authorization.expiresAt(), authorization.interval().toSeconds()));
				return new Prompt(login, authorization, new Party(client, discovered.authorizationServer()));
			});
	}

	@Override
	LoginPrompt resume(LoginRun login, PendingLogin pending) throws MalformedRecordException {
		FinishingSecrets secrets = FinishingSecrets.of(pending);
		Login.UserCode userCode = pending.shown().userCode();
		if (userCode == null) {
			throw new MalformedRecordException("has no code for the user");
		}
		DeviceAuthorization authorization = new DeviceAuthorization(secrets.secret("device_code"), userCode,
				pending.expiresAt(), Duration.ofMillis(secrets.count("interval")),
				secrets.audience(this.endpoints.clock()));
		return new Prompt(login, authorization, new Party(secrets.client(login.server()), secrets.metadata()));
	}

	private static Duration longer(Duration one, @Nullable Duration other) {
		return (other != null && other.compareTo(one) > 0) ? other : one;
	}

	private static Duration shorter(Duration one, Duration other) {
		return (one.compareTo(other) < 0) ? one : other;
	}

	/**
	 * The two sides of the exchange.
	 *
	 * @param client our client
	 * @param metadata metadata of the authorization server
	 */
	private record Party(OAuthClient client, AuthorizationServerMetadata metadata) {

	}

	/**
	 * Polls the token endpoint until the user has decided or the code has expired.
	 */
	private final class Prompt implements LoginPrompt {

		private final LoginRun login;

		private final DeviceAuthorization authorization;

		private final Party party;

		/**
		 * Changed by one poll after the other, never by two at a time.
		 */
		private Duration interval;

		private Duration pause;

		Prompt(LoginRun login, DeviceAuthorization authorization, Party party) {
			this.login = login;
			this.authorization = authorization;
			this.party = party;
			this.interval = authorization.interval();
			this.pause = this.interval;
		}

		@Override
		public URI authorizationUrl() {
			Login.UserCode code = userCode();
			URI complete = code.verificationUriComplete();
			return (complete != null) ? complete : code.verificationUri();
		}

		@Override
		public Login.UserCode userCode() {
			return this.authorization.userCode();
		}

		@Override
		public Instant expiresAt() {
			return this.authorization.expiresAt();
		}

		@Override
		public Map<String, Object> secrets() {
			return FinishingSecrets.of(this.party.client(), this.party.metadata(), this.authorization.audience())
				.put("device_code", this.authorization.deviceCode().reveal())
				.put("interval", this.authorization.interval().toMillis())
				.members();
		}

		@Override
		public void complete(String pasted) {
			throw new IllegalArgumentException(
					"There is nothing to paste: this login ends by itself once the code is confirmed");
		}

		@Override
		public Mono<IssuedGrant> grant() {
			return Mono.defer(this::pause)
				.then(Mono.defer(this::poll))
				.retryWhen(Retry.from((signals) -> signals.concatMap((signal) -> next(signal.failure()))))
				.onErrorResume(ExchangeException.class, (ex) -> refused(this.login.server(), this.party.client(), ex))
				.filter((issued) -> this.login.exchanging())
				.delayUntil((issued) -> this.login.shared().claim());
		}

		/**
		 * Of several processes that know the login, one polls at a time.
		 */
		private Mono<IssuedGrant> poll() {
			return this.login.shared()
				.turn(this.interval)
				.switchIfEmpty(Mono.error(OtherTurnException::new))
				.flatMap((agreed) -> {
					this.interval = agreed;
					return exchange();
				});
		}

		private Mono<IssuedGrant> exchange() {
			return DeviceCodeFlow.this.tokenEndpoint
				.exchange(this.login.server(), this.authorization, this.party.client())
				.doOnNext((grant) -> logger.debug(this.login.message("The code was confirmed")))
				.map((grant) -> new IssuedGrant(grant, this.party.client(), this.party.metadata()));
		}

		private Mono<Void> pause() {
			Duration left = Duration.between(DeviceCodeFlow.this.endpoints.clock().instant(),
					this.authorization.expiresAt());
			if (this.pause.compareTo(left) < 0) {
				return Mono.delay(this.pause, DeviceCodeFlow.this.pauses).then();
			}
			return Mono.delay(left.isNegative() ? Duration.ZERO : left, DeviceCodeFlow.this.pauses)
				.then(Mono.error(() -> LoginFailures.failure(this.login.server(), Reason.TIMED_OUT,
						"the code was not confirmed before it expired. Start another login")));
		}

		/**
		 * A poll without an answer is repeated after a longer pause, because the user may
		 * have the code open already.
		 */
		private Mono<Boolean> next(Throwable failure) {
			if (failure instanceof OtherTurnException || failure instanceof TokenStoreException) {
				this.pause = this.interval;
				return Mono.just(true);
			}
			if (failure instanceof RefusedException refused && refused.is("authorization_pending")) {
				this.pause = this.interval;
				return polled();
			}
			if (failure instanceof RefusedException refused && refused.is("slow_down")) {
				this.interval = this.interval.plus(SLOWER);
				this.pause = this.interval;
				logger.debug(this.login.message("The authorization server asks to be polled every %d s only"
					.formatted(this.interval.toSeconds())));
				return polled();
			}
			if (failure instanceof UnavailableException || failure instanceof UnknownOutcomeException) {
				Duration asked = (failure instanceof UnavailableException unavailable) ? unavailable.retryAfter()
						: null;
				this.pause = longer(longer(this.interval, shorter(this.pause.multipliedBy(2), LONGEST_PAUSE)), asked);
				logger.debug(this.login
					.message("%s. The next poll is in %d s".formatted(failure.getMessage(), this.pause.toSeconds())));
				return polled();
			}
			return Mono.error(failure);
		}

		private Mono<Boolean> polled() {
			return this.login.shared().polled(this.interval, this.pause).thenReturn(true);
		}

	}

	/**
	 * Another process polls.
	 */
	private static final class OtherTurnException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		OtherTurnException() {
			super("Another process polls", null, false, false);
		}

	}

}
