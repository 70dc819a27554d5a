// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.modern.JsonRpc;
import io.modelcontextprotocol.modern.JsonRpc.JSONRPCMessage;
import io.modelcontextprotocol.modern.JsonRpc.JSONRPCRequest;
import io.modelcontextprotocol.modern.JsonRpc.JSONRPCResponse;
import io.modelcontextprotocol.modern.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.modern.McpSchema.MetaKeys;
import io.modelcontextprotocol.modern.client.McpResponseLostException;
import io.modelcontextprotocol.modern.client.transport.McpClientTransport;
import io.modelcontextprotocol.modern.client.transport.McpHttpRequestHeaders;
import io.modelcontextprotocol.modern.client.transport.McpTransportRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * Streamable HTTP of 2026-07-28 over a {@link WebClient}, as the client of the MCP
 * library wants it. An HTTP error comes out as a {@link WebClientResponseException},
 * except for the errors that the client itself answers.
 *
 * @param webClient sends the requests, with tokens
 * @param url address of the server
 * @param extensions the extensions that each request declares, which the client does not
 * @param json reads and writes the messages
 */
record ModernTransport(WebClient webClient, URI url, Map<String, Map<String, Object>> extensions,
		McpJsonMapper json) implements McpClientTransport {

	private static final ParameterizedTypeReference<ServerSentEvent<String>> EVENTS = new ParameterizedTypeReference<>() {
	};

	private static final String MESSAGE = "message";

	@Override
	public boolean mirrorsToolParams() {
		return true;
	}

	@Override
	public Flux<JSONRPCMessage> exchange(McpTransportRequest request) {
		Flux<JSONRPCMessage> answer = Flux.defer(() -> this.webClient.post()
			.uri(this.url)
			.headers((headers) -> McpHttpRequestHeaders.forRequest(request).forEach(headers::add))
			.bodyValue(body(request))
			.exchangeToFlux((response) -> answer(request, response))
			.onErrorMap(WebClientRequestException.class, (ex) -> notAnswered(request, ex)));
		return request.withRoundTimeout(answer);
	}

	private String body(McpTransportRequest request) {
		try {
			return this.json
				.writeValueAsString(this.extensions.isEmpty() ? request.message() : withExtensions(request.message()));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private JSONRPCRequest withExtensions(JSONRPCRequest message) {
		if (!(message.params() instanceof Map<?, ?> params && params.get("_meta") instanceof Map<?, ?> meta
				&& meta.get(MetaKeys.CLIENT_CAPABILITIES) instanceof ClientCapabilities known)) {
			return message;
		}
		Map<Object, Object> declared = new LinkedHashMap<>(meta);
		declared.put(MetaKeys.CLIENT_CAPABILITIES, new ClientCapabilities(known.experimental(), known.roots(),
				known.sampling(), known.elicitation(), this.extensions));
		Map<Object, Object> changed = new LinkedHashMap<>(params);
		changed.put("_meta", declared);
		return new JSONRPCRequest(message.method(), message.id(), changed);
	}

	/**
	 * A request that was not sent is not the same as one whose answer was lost.
	 */
	private static Throwable notAnswered(McpTransportRequest request, WebClientRequestException failure) {
		return CallFailures.isBroken(failure) ? new McpResponseLostException(request.method(), failure) : failure;
	}

	private Flux<JSONRPCMessage> answer(McpTransportRequest request, ClientResponse response) {
		if (!response.statusCode().is2xxSuccessful()) {
			return response.createException().flatMapMany(this::error);
		}
		AtomicBoolean answered = new AtomicBoolean();
		return messages(response).filter((message) -> !(message instanceof JSONRPCRequest)).takeUntil((message) -> {
			answered.set(answered.get() || message instanceof JSONRPCResponse);
			return answered.get();
		})
			.concatWith(Mono
				.defer(() -> answered.get() ? Mono.empty() : Mono.error(new IOException("It ended without an answer"))))
			.onErrorMap((ex) -> new McpResponseLostException(request.method(), ex));
	}

	private Flux<JSONRPCMessage> error(WebClientResponseException failure) {
		ProtocolError error = ProtocolError.in(failure);
		if (error == null || !error.isModern()) {
			return Flux.error(failure);
		}
		return Flux.defer(() -> Flux.just(message(failure.getResponseBodyAsString()))).onErrorMap((ex) -> failure);
	}

	private Flux<JSONRPCMessage> messages(ClientResponse response) {
		MediaType type = response.headers().contentType().orElse(MediaType.APPLICATION_OCTET_STREAM);
		if (MediaType.TEXT_EVENT_STREAM.isCompatibleWith(type)) {
			return response.bodyToFlux(EVENTS)
				.filter((event) -> event.event() == null || MESSAGE.equals(event.event()))
				.mapNotNull(ServerSentEvent::data)
				.map(this::message);
		}
		if (MediaType.APPLICATION_JSON.isCompatibleWith(type)) {
			return response.bodyToMono(String.class).map(this::message).flux();
		}
		return response.releaseBody().thenMany(Flux.error(new IOException("It is neither JSON nor an event stream")));
	}

	private JSONRPCMessage message(String text) {
		try {
			return JsonRpc.deserializeMessage(this.json, text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
