// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.client;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * Fetches a client ID metadata document as an authorization server does, and checks it.
 */
public final class ClientMetadataFetch {

	private static final int LARGEST = 64 * 1024;

	private static final Duration TIMEOUT = Duration.ofSeconds(10);

	private final AuthorizationWebClients clients;

	/**
	 * Create the check.
	 * @param clients the clients to fetch with, which follow no redirects
	 */
	public ClientMetadataFetch(AuthorizationWebClients clients) {
		this.clients = clients;
	}

	/**
	 * Fetch a document, and its keys, and check them.
	 * @param address the address of the document. Nothing is sent to one that cannot be a
	 * client identifier
	 * @return a mono with the findings, which never fails and ends within half a minute
	 */
	public Mono<ClientMetadataCheck> check(URI address) {
		ClientMetadataCheck findings = ClientMetadataCheck.ofAddress(address);
		if (!findings.errors().isEmpty()) {
			return Mono.just(findings);
		}
		return get(address).flatMap((content) -> {
			ClientMetadataCheck document = findings.and(ClientMetadataCheck.of(address, content));
			URI keys = document.errors().isEmpty() ? keys(content) : null;
			return (keys != null) ? checkKeys(keys).map(document::and) : Mono.just(document);
		}).onErrorResume(Refused.class, (ex) -> Mono.just(findings.and(ClientMetadataCheck.failed(ex.getMessage()))));
	}

	private Mono<ClientMetadataCheck> checkKeys(URI address) {
		return get(address).map((jwks) -> ClientMetadataCheck.ofKeys(ForeignJson.object(text(jwks))))
			.onErrorResume(Refused.class,
					(ex) -> Mono.just(ClientMetadataCheck.failed("'jwks_uri': " + ex.getMessage())));
	}

	private static @Nullable URI keys(byte[] content) {
		var members = ForeignJson.object(text(content));
		return (members != null && members.get("jwks_uri") instanceof String uri) ? URI.create(uri) : null;
	}

	private static String text(byte[] content) {
		return new String(content, StandardCharsets.UTF_8);
	}

	private Mono<byte[]> get(URI address) {
		Mono<byte[]> content = this.clients.forServer(McpServer.of("client-metadata", address))
			.get()
			.uri(address)
			.accept(MediaType.APPLICATION_JSON)
			.exchangeToMono(this::read);
		return this.clients.threads()
			.within(content, TIMEOUT)
			.onErrorMap((ex) -> !(ex instanceof Refused), (ex) -> new Refused(describe(ex)))
			.publishOn(this.clients.threads().blocking());
	}

	private Mono<byte[]> read(ClientResponse response) {
		int status = response.statusCode().value();
		if (status != 200) {
			String remark = (status >= 300 && status < 400) ? ", and servers follow no redirects here"
					: (status == 401 || status == 403) ? ", and servers cannot log in: serve it without a login" : "";
			return response.releaseBody()
				.then(Mono.error(new Refused("its address answered %d%s".formatted(status, remark))));
		}
		MediaType type = response.headers().contentType().orElse(null);
		boolean json = type != null && ("json".equals(type.getSubtype()) || type.getSubtype().endsWith("+json"));
		if (!json) {
			return response.releaseBody()
				.then(Mono.error(new Refused("its content type is %s and not application/json"
					.formatted(UntrustedText.quote(String.valueOf(type))))));
		}
		return DataBufferUtils.join(response.bodyToFlux(DataBuffer.class), LARGEST).map((buffer) -> {
			byte[] content = new byte[buffer.readableByteCount()];
			buffer.read(content);
			DataBufferUtils.release(buffer);
			return content;
		}).defaultIfEmpty(new byte[0]);
	}

	private static String describe(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof TimeoutException) {
				return "its address did not answer within %s s".formatted(TIMEOUT.toSeconds());
			}
			if (cause instanceof DataBufferLimitException) {
				return "it has more than %d bytes".formatted(LARGEST);
			}
		}
		return "its address cannot be reached: %s".formatted(UntrustedText.quote(failure.getMessage()));
	}

	/**
	 * The document was not served as it has to be.
	 */
	private static final class Refused extends RuntimeException {

		private static final long serialVersionUID = 1L;

		Refused(String message) {
			super(message);
		}

	}

}
