// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;
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

	private static final ExchangeStrategies STRATEGIES = ExchangeStrategies.withDefaults();

	private static final Duration LIFETIME = Duration.ofSeconds(60);

	/**
	 * Longest time that a node keeps other nodes from spending a token it has noted.
	 */
	private static final Duration NOTE_AGE = Duration.ofSeconds(30);

	private final World world;

	private final GrantKey key;

	private final Map<Integer, Send> sends = new HashMap<>();

	private final Map<Integer, Answer> answers = new HashMap<>();

	/**
	 * When all nodes could know that a refresh token was refused.
	 */
	private final Map<Integer, Long> refusals = new HashMap<>();

	private final Set<Integer> takenBack = new HashSet<>();

	private @Nullable ClientResponse lastResponse;

	private int current = 1;

	private long expiresAt = LIFETIME.toNanos();

	private boolean revoked;

	private boolean removed;

	TokenServer(World world, GrantKey key) {
		this.world = world;
		this.key = key;
	}

	boolean isRevoked() {
		return this.revoked;
	}

	boolean isRemoved() {
		return this.removed;
	}

	/**
	 * The user logged out.
	 */
	void remove() {
		this.removed = true;
	}

	/**
	 * Whether a user must log in: no grant is left, or the MCP server does not accept a
	 * token that was issued just now.
	 */
	boolean needsLogin() {
		return this.revoked || this.removed || this.takenBack.contains(this.current)
				|| this.takenBack.contains(this.current - 1);
	}

	boolean accepts(String accessToken) {
		return !this.revoked && accessToken.equals(Grants.access(this.current)) && this.world.now() < this.expiresAt;
	}

	/**
	 * Take back the access token before its time.
	 */
	void forget() {
		this.expiresAt = 0;
		this.takenBack.add(this.current);
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

	/**
	 * The refusal of a refresh token was stored.
	 */
	void refused(int number) {
		this.refusals.putIfAbsent(number, this.world.now());
	}

	Mono<ClientResponse> exchange(Node node, ClientRequest request) {
		if (request.url().getPath().contains("well-known")) {
			return Mono.just(json(HttpStatus.OK, """
					{"issuer": "%1$s", "token_endpoint": "%1$s/token", "authorization_endpoint": "%1$s/authorize",
					 "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"]}"""
				.formatted(ISSUER)));
		}
		MockClientHttpRequest written = new MockClientHttpRequest(request.method(), request.url());
		return request.writeTo(written, STRATEGIES)
			.then(Mono.defer(written::getBodyAsString))
			.flatMap((body) -> sent(node, Grants.number(body)));
	}

	private Mono<ClientResponse> sent(Node node, int number) {
		Mono<ClientResponse> answer = token(node, number);
		return this.world.plays(Mutant.REQUEST_REPEATED)
				? answer.timeout(Duration.ofMillis(300), answer, new VirtualScheduler(this.world, node)) : answer;
	}

	private Mono<ClientResponse> token(Node node, int number) {
		return Mono.create((sink) -> {
			Faults faults = this.world.faults();
			boolean unavailable = this.world.happens(faults.unavailable());
			boolean lost = !unavailable && this.world.happens(faults.answerLost());
			node.exchangeBegins(this.key);
			sink.onDispose(() -> node.exchangeEnds(this.key));
			sent(node, number, unavailable);
			long sentAt = this.world.now();
			this.world.schedule(this.world.between(5, 300), null, () -> {
				ClientResponse response = unavailable ? json(HttpStatus.SERVICE_UNAVAILABLE, "{}")
						: act(number, new Answer(node, sentAt, lost));
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
		Long refusedAt = this.refusals.get(number);
		if (refusedAt != null && !node.wasPausedSince(refusedAt)) {
			this.world.violated(
					"refresh token %d of %s is sent by %s although it was refused".formatted(number, this.key, node));
		}
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

	private ClientResponse act(int number, Answer answer) {
		if (this.revoked) {
			return json(HttpStatus.BAD_REQUEST, "{\"error\": \"invalid_grant\"}");
		}
		if (number != this.current) {
			this.revoked = true;
			this.world.tell("refresh token %d of %s was used again: the family is revoked".formatted(number, this.key));
			Answer first = this.answers.get(number);
			if (first == null || !first.isLost()) {
				this.world.violated("the login for %s is lost although each answer arrived".formatted(this.key));
			}
			return json(HttpStatus.BAD_REQUEST, "{\"error\": \"invalid_grant\"}");
		}
		if (this.lastResponse != null && this.world.plays(Mutant.ANSWER_DELIVERED_TWICE)) {
			ClientResponse again = this.lastResponse;
			this.lastResponse = null;
			return again;
		}
		this.answers.put(number, answer);
		this.current++;
		this.expiresAt = this.world.now() + LIFETIME.toNanos();
		String body = """
				{"access_token": "%s", "token_type": "Bearer", "expires_in": %d, "refresh_token": "%s"}"""
			.formatted(Grants.access(this.current), LIFETIME.toSeconds(), Grants.refresh(this.current));
		this.lastResponse = json(HttpStatus.OK, body);
		return json(HttpStatus.OK, body);
	}

	private static ClientResponse json(HttpStatus status, String body) {
		return ClientResponse.create(status, STRATEGIES)
			.header("Content-Type", MediaType.APPLICATION_JSON_VALUE)
			.body(body)
			.build();
	}

	/**
	 * The answer with the next tokens.
	 *
	 * @param node the node that it went to
	 * @param sentAt the time of the request
	 * @param dropped whether it was lost or late
	 */
	private record Answer(Node node, long sentAt, boolean dropped) {

		/**
		 * Whether the answer was lost, or met a kill or a pause.
		 */
		boolean isLost() {
			return this.dropped || this.node.isKilled() || this.node.wasPausedSince(this.sentAt);
		}

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
