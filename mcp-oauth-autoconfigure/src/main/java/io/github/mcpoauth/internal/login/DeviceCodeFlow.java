// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Clock;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.login.LoginClients.Candidate;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DeviceAuthorization;
import io.github.mcpoauth.internal.protocol.DeviceAuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.log.LogMessage;

/**
 * Logs in with a code that a person confirms on another device (RFC 8628). Nothing
 * listens for a browser, so that it works where none can come back to.
 */
final class DeviceCodeFlow {

	private static final Log logger = LogFactory.getLog(DeviceCodeFlow.class);

	private final LoginSteps steps;

	private final LoginClients clients;

	private final DeviceAuthorizationEndpoint deviceEndpoint;

	private final TokenEndpoint tokenEndpoint;

	private final Scheduler scheduler;

	private final Clock clock;

	DeviceCodeFlow(LoginSteps steps, LoginClients clients, DeviceAuthorizationEndpoint deviceEndpoint,
			TokenEndpoint tokenEndpoint, Scheduler scheduler, Clock clock) {
		this.steps = steps;
		this.clients = clients;
		this.deviceEndpoint = deviceEndpoint;
		this.tokenEndpoint = tokenEndpoint;
		this.scheduler = scheduler;
		this.clock = clock;
	}

	/**
	 * Come as far as one comes without a person.
	 * @param id id of the flow
	 * @param server the MCP server
	 * @param key the grant to log in for
	 * @param challenges what its last 401 said, empty to ask for one
	 * @return a mono with a login that waits for the person, never empty; it must not be
	 * cancelled
	 */
	Mono<DeviceCodeLogin> begin(String id, McpServer server, GrantKey key, List<String> challenges) {
		return this.steps.discover(id, server, key, challenges)
			.doOnNext((discovered) -> requireEndpoint(server, discovered.authorizationServer()))
			.flatMap((discovered) -> this.clients.candidate(server, key, discovered)
				.flatMap((candidate) -> client(server, discovered, candidate))
				.flatMap((client) -> begin(id, server, key, discovered, client)));
	}

	private static void requireEndpoint(McpServer server, AuthorizationServerMetadata metadata) {
		if (metadata.deviceAuthorizationEndpoint() == null) {
			throw LoginFailures.failure(server, Reason.CONFIGURATION,
					"the authorization server %s has no device authorization endpoint. Log in with a browser: `mcp login %s`, and paste the address it ends up at if it runs on another machine"
						.formatted(UntrustedText.quote(metadata.issuer()), server.name()));
		}
	}

	/**
	 * A client registers with the address a browser would come back to as well: it serves
	 * logins of both kinds then, and servers want to be told one.
	 */
	private Mono<OAuthClient> client(McpServer server, Discovered discovered, Candidate candidate) {
		Mono<URI> redirectUri = Mono.fromCallable(() -> RedirectTarget.uri(server, candidate.registered()))
			.subscribeOn(Schedulers.boundedElastic());
		return this.clients.selectForDevice(server, discovered, candidate, redirectUri);
	}

	private Mono<DeviceCodeLogin> begin(String id, McpServer server, GrantKey key, Discovered discovered,
			OAuthClient client) {
		logger.debug(LogMessage.format("[%s] The client is %s", id, client));
		return LoginSteps.dpopKey(discovered, this.clock)
			.flatMap((dpopKey) -> this.deviceEndpoint.authorize(server, discovered.authorizationServer(), client,
					discovered.audience(dpopKey.orElse(null))))
			.onErrorResume(ExchangeException.class, (ex) -> this.steps.refused(server, client, ex))
			.map((authorization) -> begin(id, server, key, authorization, client));
	}

	private DeviceCodeLogin begin(String id, McpServer server, GrantKey key, DeviceAuthorization authorization,
			OAuthClient client) {
		logger.debug(LogMessage.format("[%s] A code is to be confirmed until %s, asking every %d s", id,
				authorization.expiresAt(), authorization.interval().toSeconds()));
		DeviceCodeLogin login = new DeviceCodeLogin(id, server, authorization, this.scheduler, this.clock,
				this.steps.status(key));
		login.start((storing) -> this.tokenEndpoint.exchange(server, authorization, client)
			.onErrorResume(ExchangeException.class, (ex) -> this.steps.refused(server, client, ex))
			.doOnNext((grant) -> logger.debug(LogMessage.format("[%s] The code was confirmed", id)))
			.flatMap((grant) -> this.steps.store(id, key, grant, client, storing)));
		return login;
	}

}
