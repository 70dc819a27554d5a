// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.Optional;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovered;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

/**
 * The part of a login that depends on how the user consents.
 */
abstract sealed class LoginFlow permits AuthorizationCodeFlow, DeviceCodeFlow {

	final LoginEndpoints endpoints;

	final LoginClients clients;

	final WorkThreads threads;

	LoginFlow(LoginEndpoints endpoints, LoginClients clients) {
		this.endpoints = endpoints;
		this.clients = clients;
		this.threads = endpoints.threads();
	}

	/**
	 * Come as far as possible without the user.
	 * @param login the login
	 * @param discovered how the MCP server wants to be authorized for
	 * @return a mono with the prompt, never empty. It must not be cancelled. When it
	 * fails, nothing is left to release
	 */
	abstract Mono<LoginPrompt> begin(LoginRun login, Discovered discovered);

	/**
	 * Go on with a login that another process began.
	 * @param login the login
	 * @param pending the login as it is recorded
	 * @return the prompt
	 * @throws MalformedRecordException if the record cannot be understood
	 * @throws io.github.mcpoauth.LoginException if the settings of this process differ
	 */
	abstract LoginPrompt resume(LoginRun login, PendingLogin pending) throws MalformedRecordException;

	/**
	 * Generate the key that the tokens of this login are bound to.
	 * @param discovered how the MCP server wants to be authorized for
	 * @return a mono with the key, absent if the tokens are not bound
	 */
	final Mono<Optional<DPoPKey>> dpopKey(Discovered discovered) {
		String algorithm = discovered.dpopAlgorithm();
		if (algorithm == null) {
			return Mono.just(Optional.empty());
		}
		// Generating a key takes milliseconds of CPU
		return Mono.fromCallable(() -> Optional.of(DPoPKey.generate(algorithm, this.endpoints.clock())))
			.subscribeOn(this.threads.blocking());
	}

	/**
	 * Remember a client that the authorization server no longer accepts.
	 * @param <T> any type
	 * @param server the MCP server
	 * @param client the client that sent the request
	 * @param failure the answer of the authorization server
	 * @return a mono that fails with the answer
	 */
	final <T> Mono<T> refused(McpServer server, OAuthClient client, ExchangeException failure) {
		boolean clientRejected = failure instanceof RefusedException refused
				&& (refused.is("invalid_client") || refused.is("unauthorized_client"));
		return clientRejected ? this.clients.rejected(server, client).then(Mono.error(failure)) : Mono.error(failure);
	}

}
