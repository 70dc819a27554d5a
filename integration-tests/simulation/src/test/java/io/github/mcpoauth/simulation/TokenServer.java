// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

/**
 * The authorization server of one grant. It rotates refresh tokens, and revokes the whole
 * family when one is used again.
 */
final class TokenServer {

	static final String ISSUER = "https://as.example.com";

	private static final Duration LIFETIME = Duration.ofSeconds(60);

	/**
	 * Longest time that a node keeps other nodes from spending a token it has noted.
	 */
	private static final Duration NOTE_AGE = Duration.ofSeconds(30);

	private final World world;

	private final GrantKey key;

	private final Map<Integer, Send> sends = new HashMap<>();

	private int current = 1;

	private long expiresAt = LIFETIME.toNanos();

	private boolean revoked;

	TokenServer(World world, GrantKey key) {
		this.world = world;
		this.key = key;
	}

	boolean isRevoked() {
		return this.revoked;
	}

	boolean accepts(String accessToken) {
		return !this.revoked && accessToken.equals(Grants.access(this.current)) && this.world.now() < this.expiresAt;
	}

	/**
	 * Take back the access token before its time.
	 */
	void forget() {
		this.expiresAt = 0;
	}

	/**
	 * A grant was stored: the outcome of the send that led to it is known to every node.
	 */
	void stored(int number) {
		Send send = this.sends.get(number - 1);
		if (send != null) {
			this.sends.put(number - 1, new Send(send.node(), send.at(), send.acted(), true));
		}
	}

	Mono<ClientResponse> exchange(Node node, ClientRequest request) {
		if (request.url().getPath().contains("well-known")) {
			return Mono.just(json(HttpStatus.OK, """
					{"issuer": "%1$s", "token_endpoint": "%1$s/token", "authorization_endpoint": "%1$s/authorize",
					 "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"]}"""
				.formatted(ISSUER)));
		}
		MockClientHttpRequest written = new MockClientHttpRequest(request.method(), request.url());
		return request.writeTo(written, ExchangeStrategies.withDefaults())
			.then(Mono.defer(written::getBodyAsString))
			.flatMap((body) -> token(node, Grants.number(body)));
	}

	private Mono<ClientResponse> token(Node node, int number) {
		return Mono.create((sink) -> {
			Faults faults = this.world.faults();
			boolean unavailable = this.world.happens(faults.unavailable());
			boolean lost = !unavailable && this.world.happens(faults.answerLost());
			node.exchangeBegins(this.key);
			sink.onDispose(() -> node.exchangeEnds(this.key));
			sent(node, number, unavailable);
			this.world.schedule(this.world.between(5, 300), null, () -> {
				ClientResponse response = unavailable ? json(HttpStatus.SERVICE_UNAVAILABLE, "{}") : act(number);
				if (lost && this.world.happens(0.5)) {
					this.world.tell("the answer to %s is lost".formatted(node));
					return;
				}
				Duration back = lost ? this.world.between(20_000, 60_000) : this.world.between(5, 300);
				this.world.schedule(back, node, () -> sink.success(response));
			});
		});
	}

	/**
	 * A refresh token may be sent again if the first send did nothing, or if no node
	 * knows its outcome and the note of it is old.
	 */
	private void sent(Node node, int number, boolean unavailable) {
		this.world.tell("%s sends refresh token %d of %s%s".formatted(node, number, this.key,
				unavailable ? ", the server is unavailable" : ""));
		Send before = this.sends.get(number);
		if (before == null || !before.acted()) {
			this.sends.put(number, new Send(node, this.world.now(), !unavailable, false));
			return;
		}
		boolean old = this.world.now() - before.at() >= NOTE_AGE.toNanos();
		if (!this.revoked && (before.stored() || !(old || before.node() == node))) {
			this.world.violated("refresh token %d of %s is sent twice, by %s and %s".formatted(number, this.key,
					before.node(), node));
		}
		this.sends.put(number, new Send(node, this.world.now(), true, before.stored()));
	}

	private ClientResponse act(int number) {
		if (this.revoked) {
			return json(HttpStatus.BAD_REQUEST, "{\"error\": \"invalid_grant\"}");
		}
		if (number != this.current) {
			this.revoked = true;
			this.world.tell("refresh token %d of %s was used again: the family is revoked".formatted(number, this.key));
			return json(HttpStatus.BAD_REQUEST, "{\"error\": \"invalid_grant\"}");
		}
		this.current++;
		this.expiresAt = this.world.now() + LIFETIME.toNanos();
		return json(HttpStatus.OK, """
				{"access_token": "%s", "token_type": "Bearer", "expires_in": %d, "refresh_token": "%s"}"""
			.formatted(Grants.access(this.current), LIFETIME.toSeconds(), Grants.refresh(this.current)));
	}

	private static ClientResponse json(HttpStatus status, String body) {
		return ClientResponse.create(status)
			.header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
			.body(body)
			.build();
	}

	/**
	 * The last send of a refresh token.
	 *
	 * @param node the node that sent it
	 * @param at the time
	 * @param acted whether the server may have acted on it
	 * @param stored whether the grant it led to was stored
	 */
	private record Send(Node node, long at, boolean acted, boolean stored) {

	}

}
