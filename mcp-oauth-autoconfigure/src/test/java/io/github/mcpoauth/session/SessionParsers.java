// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.testing.ForeignParser;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientException;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class SessionParsers {

	private static final Set<Class<? extends Exception>> EVENT_FAILURES = Set.of(IllegalStateException.class,
			WebClientException.class);

	private SessionParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		String error = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"No session\"}}";
		String result = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":\"2025-06-18\"}}";
		return List.of(new ForeignParser("error of the protocol", List.of(error), Set.of(), SessionParsers::error),
				new ForeignParser("answer to initialize", List.of(result, error),
						Set.of(IllegalStateException.class, WebClientException.class),
						(text) -> initialize(MediaType.APPLICATION_JSON, text)),
				new ForeignParser("events that answer initialize",
						List.of("id: 1\nevent: message\nretry: 5\ndata: %s\n\n".formatted(result),
								": a\r\n\r\ndata: {}\r\n\r\ndata:%s\r\n\r\n".formatted(error)),
						EVENT_FAILURES, (text) -> initialize(MediaType.TEXT_EVENT_STREAM, text)),
				new ForeignParser("events of a call",
						List.of("id: 1\nretry: 5\ndata: \n\n", "data: %s\r\n\r\nid: e_2\r\n\r\n".formatted(result)),
						Set.of(), SessionParsers::position));
	}

	private static @Nullable Object position(String text) {
		EventPosition position = new EventPosition();
		position.read(DefaultDataBufferFactory.sharedInstance.wrap(ForeignParser.bytes(text)));
		return position.pause() + " " + position.id();
	}

	private static @Nullable Object error(String text) {
		return ProtocolError.in(WebClientResponseException.create(HttpStatus.NOT_FOUND, "", new HttpHeaders(),
				ForeignParser.bytes(text), StandardCharsets.UTF_8, null));
	}

	private static @Nullable Object initialize(MediaType type, String text) {
		ClientRequest request = ClientRequest.create(HttpMethod.POST, URI.create("https://mcp.example.com/mcp"))
			.build();
		return new Handshake(request,
				(sent) -> Mono.just(ClientResponse.create(HttpStatus.OK)
					.header(HttpHeaders.CONTENT_TYPE, type.toString())
					.body(text)
					.build()))
			.open()
			.block();
	}

}
