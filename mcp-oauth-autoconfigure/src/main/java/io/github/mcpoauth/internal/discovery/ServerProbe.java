// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.address.Redirect;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.UserAgent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * Calls an MCP server without a token, because its challenge may name the protected
 * resource metadata.
 */
public final class ServerProbe {

	private static final Log logger = LogFactory.getLog(ServerProbe.class);

	private static final String SESSION_ID = "Mcp-Session-Id";

	private static final Map<String, Object> INITIALIZE = Map.of("jsonrpc", "2.0", "id", 1, "method", "initialize",
			"params", Map.of("protocolVersion", "2025-06-18", "capabilities", Map.of(), "clientInfo",
					Map.of("name", "mcp-oauth", "version", "1")));

	private final AuthorizationWebClients clients;

	private final Duration timeout;

	/**
	 * Create the probe.
	 * @param clients the clients to send with
	 * @param timeout how long the server may take
	 */
	public ServerProbe(AuthorizationWebClients clients, Duration timeout) {
		this.clients = clients;
		this.timeout = timeout;
	}

	/**
	 * Send an {@code initialize}. If it opens a session, that is ended at once.
	 * @param server the MCP server
	 * @return a mono with the values of the {@code WWW-Authenticate} headers of a 401.
	 * The list is empty for any other response and without a response; the mono does not
	 * fail
	 */
	public Mono<List<String>> challenges(McpServer server) {
		return this.clients.threads()
			.within(send(server, server.url(), 0), this.timeout)
			.flatMap((answer) -> endSession(server, answer).thenReturn(answer.challenges()))
			.onErrorResume((ex) -> {
				logger.debug(LogMessage.format("MCP server '%s' did not answer a request without token", server.name()),
						ex);
				return Mono.just(List.of());
			});
	}

	private Mono<ProbeResponse> send(McpServer server, URI url, int redirects) {
		return this.clients.forServer(server)
			.post()
			.uri(url)
			.header(HttpHeaders.USER_AGENT, UserAgent.of(server))
			.contentType(MediaType.APPLICATION_JSON)
			.accept(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM)
			.bodyValue(INITIALIZE)
			.exchangeToFlux((response) -> answer(url, response))
			.next()
			.flatMap((answer) -> {
				URI target = answer.redirectWithin(server);
				return (target != null && redirects < Redirect.MOST) ? send(server, target, redirects + 1)
						: Mono.just(answer);
			});
	}

	/**
	 * The answer without its body, which may be a stream that never ends: it is given up
	 * when the first element has been taken.
	 */
	private static Flux<ProbeResponse> answer(URI url, ClientResponse response) {
		return Flux.just(ProbeResponse.of(url, response)).concatWith(Flux.never());
	}

	private Mono<Void> endSession(McpServer server, ProbeResponse answer) {
		String sessionId = answer.sessionId();
		if (sessionId == null) {
			return Mono.empty();
		}
		Mono<ProbeResponse> ended = this.clients.forServer(server)
			.delete()
			.uri(answer.url())
			.header(HttpHeaders.USER_AGENT, UserAgent.of(server))
			.header(SESSION_ID, sessionId)
			.exchangeToFlux((response) -> answer(answer.url(), response))
			.next();
		return this.clients.threads().within(ended, this.timeout).onErrorComplete().then();
	}

	private record ProbeResponse(URI url, int status, List<String> challenges, @Nullable String sessionId,
			@Nullable String location) {

		static ProbeResponse of(URI url, ClientResponse response) {
			HttpHeaders headers = response.headers().asHttpHeaders();
			boolean unauthorized = response.statusCode().isSameCodeAs(HttpStatus.UNAUTHORIZED);
			return new ProbeResponse(url, response.statusCode().value(),
					unauthorized ? headers.getOrEmpty(HttpHeaders.WWW_AUTHENTICATE) : List.of(),
					response.statusCode().is2xxSuccessful() ? headers.getFirst(SESSION_ID) : null,
					headers.getFirst(HttpHeaders.LOCATION));
		}

		/**
		 * The address that the server redirects to, if that is below its own.
		 */
		@Nullable URI redirectWithin(McpServer server) {
			HttpAddress configured = HttpAddress.of(server.url());
			if (configured == null || this.status < 300 || this.status > 399) {
				return null;
			}
			return (Redirect.within(configured, this.url, false, this.status,
					this.location) instanceof Redirect.Follow follow) ? follow.target() : null;
		}

	}

}
