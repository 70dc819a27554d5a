// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.login.LoginClients.Candidate;
import io.github.mcpoauth.internal.protocol.AuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.AuthorizationRequest;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.log.LogMessage;

/**
 * Logs in with an authorization code (RFC 6749, section 4.1) that a person consents to.
 */
final class AuthorizationCodeFlow {

	private static final Log logger = LogFactory.getLog(AuthorizationCodeFlow.class);

	private final LoginSteps steps;

	private final LoginClients clients;

	private final AuthorizationEndpoint authorizationEndpoint;

	private final TokenEndpoint tokenEndpoint;

	private final Clock clock;

	AuthorizationCodeFlow(LoginSteps steps, LoginClients clients, AuthorizationEndpoint authorizationEndpoint,
			TokenEndpoint tokenEndpoint, Clock clock) {
		this.steps = steps;
		this.clients = clients;
		this.authorizationEndpoint = authorizationEndpoint;
		this.tokenEndpoint = tokenEndpoint;
		this.clock = clock;
	}

	/**
	 * Come as far as one comes without a person.
	 * @param id id of the flow
	 * @param server the MCP server
	 * @param key the grant to log in for
	 * @param challenges what its last 401 said, empty to ask for one
	 * @param request how to run the login
	 * @return a mono with a login that waits for its answer, never empty. Nothing is left
	 * behind when it fails; it must not be cancelled
	 */
	Mono<AuthorizationCodeLogin> begin(String id, McpServer server, GrantKey key, List<String> challenges,
			LoginRequest request) {
		return this.steps.discover(id, server, key, challenges)
			.doOnNext((discovered) -> requirePkce(server, discovered.authorizationServer()))
			.flatMap((discovered) -> this.clients.candidate(server, key, discovered)
				.flatMap((candidate) -> Mono
					.fromCallable(() -> RedirectTarget.open(server, request, candidate.registered()))
					.subscribeOn(Schedulers.boundedElastic())
					.flatMap((target) -> begin(id, server, key, discovered, candidate, target)
						.onErrorResume((ex) -> close(target, ex)))));
	}

	private static void requirePkce(McpServer server, AuthorizationServerMetadata metadata) {
		if (server.oauth().requirePkce() && !metadata.codeChallengeMethods().contains("S256")) {
			throw LoginFailures.failure(server, Reason.PROTOCOL,
					"the authorization server %s does not say that it supports PKCE with S256, without which a stolen code could be used. If it does support it, set %s to false"
						.formatted(UntrustedText.quote(metadata.issuer()),
								LoginFailures.property(server, "require-pkce")));
		}
	}

	private static Mono<AuthorizationCodeLogin> close(RedirectTarget target, Throwable failure) {
		LoopbackListener listener = target.listener();
		return (listener != null) ? Mono.fromRunnable(() -> listener.close(CallbackPage.notFound()))
			.subscribeOn(Schedulers.boundedElastic())
			.then(Mono.error(failure)) : Mono.error(failure);
	}

	private Mono<AuthorizationCodeLogin> begin(String id, McpServer server, GrantKey key, Discovered discovered,
			Candidate candidate, RedirectTarget target) {
		logger.debug(LogMessage.format("[%s] The answer is expected at %s", id, target.uri()));
		return this.clients.select(server, discovered, candidate, target.uri())
			.zipWith(LoginSteps.dpopKey(discovered, this.clock), (client, dpopKey) -> {
				logger.debug(LogMessage.format("[%s] The client is %s", id, client));
				AuthorizationRequest authorization = this.authorizationEndpoint.request(server,
						discovered.authorizationServer(), client.clientId(), target.uri(),
						discovered.audience(dpopKey.orElse(null)));
				Duration timeout = server.oauth().callbackTimeout();
				AuthorizationCodeLogin login = new AuthorizationCodeLogin(id, server, authorization, target.listener(),
						this.clock.instant().plus(timeout), new Exchange(id, server, key, authorization, client),
						this.steps.status(key));
				login.start(timeout, timeoutHint(server, candidate, client));
				return login;
			});
	}

	/**
	 * An authorization server that has forgotten a client says so to the browser only.
	 */
	private static String timeoutHint(McpServer server, Candidate candidate, OAuthClient client) {
		boolean reused = candidate.registered() != null && candidate.registered().client().equals(client);
		return reused ? """
				. If the authorization server did not know the client, run `mcp remove %s` first: \
				the next login registers a new one""".formatted(server.name()) : "";
	}

	/**
	 * The end of one login.
	 */
	private final class Exchange implements AuthorizationCodeLogin.Ending {

		private final String id;

		private final McpServer server;

		private final GrantKey key;

		private final AuthorizationRequest authorization;

		private final OAuthClient client;

		Exchange(String id, McpServer server, GrantKey key, AuthorizationRequest authorization, OAuthClient client) {
			this.id = id;
			this.server = server;
			this.key = key;
			this.authorization = authorization;
			this.client = client;
		}

		@Override
		public Mono<Grant> grant(Secret code, BooleanSupplier begin) {
			return AuthorizationCodeFlow.this.tokenEndpoint.exchange(this.server, this.authorization, code, this.client)
				.onErrorResume(ExchangeException.class, this::refused)
				.doOnNext((grant) -> logger.debug(LogMessage.format("[%s] The code was exchanged", this.id)))
				.flatMap((grant) -> AuthorizationCodeFlow.this.steps.store(this.id, this.key, grant, this.client,
						begin));
		}

		@Override
		public Mono<Grant> refused(ExchangeException failure) {
			return AuthorizationCodeFlow.this.steps.refused(this.server, this.client, failure);
		}

	}

}
