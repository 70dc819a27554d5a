// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Map;

import io.github.mcpoauth.session.HeldSession.ServerSession;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Opens a new session with the {@code initialize} request of the client, and tells the
 * server that the client is ready.
 */
final class Handshake {

	private static final String INITIALIZED = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private static final ParameterizedTypeReference<ServerSentEvent<String>> EVENTS = new ParameterizedTypeReference<>() {
	};

	private final ClientRequest initialize;

	private final ExchangeFunction exchange;

	Handshake(ClientRequest initialize, ExchangeFunction exchange) {
		this.initialize = initialize;
		this.exchange = exchange;
	}

	/**
	 * Open a session.
	 * @return a mono with the session, after the server has acknowledged that the client
	 * is ready. It fails if the server refuses the session
	 */
	Mono<ServerSession> open() {
		return this.exchange.exchange(this.initialize).flatMap((response) -> {
			if (!response.statusCode().is2xxSuccessful()) {
				return response.createError();
			}
			String id = response.headers().asHttpHeaders().getFirst(McpSessionFilter.SESSION_ID);
			return answer(response).map((answer) -> new ServerSession(id, version(answer)));
		}).flatMap((opened) -> ready(opened).thenReturn(opened));
	}

	/**
	 * End a session that is not used.
	 * @param opened the session
	 * @return a mono that completes after the server was told, with any answer
	 */
	Mono<Void> abandon(ServerSession opened) {
		ClientRequest end = McpSessionFilter.on(opened,
				ClientRequest.create(HttpMethod.DELETE, this.initialize.url())
					.attributes((attributes) -> attributes.putAll(this.initialize.attributes()))
					.build());
		return this.exchange.exchange(end).flatMap(ClientResponse::releaseBody).onErrorComplete();
	}

	private static Mono<Map<String, Object>> answer(ClientResponse response) {
		boolean events = response.headers()
			.contentType()
			.filter(MediaType.TEXT_EVENT_STREAM::isCompatibleWith)
			.isPresent();
		Mono<Map<String, Object>> message = events ? response.bodyToFlux(EVENTS)
			// Spring's reader fails so for a 'retry' that is no number, and quotes it
			.onErrorMap(NumberFormatException.class, (ex) -> refused())
			.mapNotNull((event) -> message(event.data()))
			.filter(Handshake::isAnswer)
			.next() : response.bodyToMono(String.class).mapNotNull(Handshake::message).filter(Handshake::isAnswer);
		return message.flatMap((answer) -> (answer.get("error") != null) ? Mono.<Map<String, Object>>error(refused())
				: Mono.just(answer))
			.switchIfEmpty(Mono.error(Handshake::refused));
	}

	private static IllegalStateException refused() {
		return new IllegalStateException("The server did not agree to initialize a session");
	}

	private static @Nullable Map<String, Object> message(@Nullable String json) {
		if (json == null) {
			return null;
		}
		try {
			return JSON.readValue(json, MEMBERS);
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	private static boolean isAnswer(Map<String, Object> message) {
		return message.get("result") != null || message.get("error") != null;
	}

	private static @Nullable String version(Map<String, Object> answer) {
		return (answer.get("result") instanceof Map<?, ?> result
				&& result.get("protocolVersion") instanceof String version) ? version : null;
	}

	private Mono<Void> ready(ServerSession opened) {
		ClientRequest ready = McpSessionFilter.on(opened,
				ClientRequest.from(this.initialize)
					.headers((headers) -> headers.remove(HttpHeaders.CONTENT_LENGTH))
					.body(BodyInserters.fromValue(INITIALIZED))
					.build());
		return this.exchange.exchange(ready)
			.flatMap((response) -> response.statusCode().is2xxSuccessful() ? response.releaseBody()
					: response.createError());
	}

}
