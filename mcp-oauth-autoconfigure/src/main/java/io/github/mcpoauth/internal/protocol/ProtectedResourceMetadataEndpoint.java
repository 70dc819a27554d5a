// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;

import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.text.UntrustedText;
import reactor.core.publisher.Mono;

/**
 * Fetches protected resource metadata (RFC 9728, section 3).
 */
public final class ProtectedResourceMetadataEndpoint {

	private final Transport transport;

	private final UrlPolicy urlPolicy;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 */
	public ProtectedResourceMetadataEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
	}

	/**
	 * Fetch a document. The document is not validated.
	 * @param server the MCP server it is about
	 * @param url where to look
	 * @return a mono with the document, empty if that address has no document: a
	 * redirect, a 4xx but for 408, 425 and 429, or a success that is not a JSON object.
	 * Fails with {@link UnavailableException} when that cannot be told now, and with
	 * {@link UnusableException} for an address the policy refuses or a document of
	 * another kind
	 */
	public Mono<ProtectedResourceMetadata> fetch(McpServer server, String url) {
		return Mono.defer(() -> {
			URI uri = this.urlPolicy.check(server, "The protected resource metadata address", url);
			String from = "The protected resource metadata at %s".formatted(UntrustedText.quote(url));
			return this.transport.fetch(server, from, new HTTPRequest(HTTPRequest.Method.GET, uri))
				.flatMap(OAuthResponse::document)
				.map((members) -> ProtectedResourceMetadata.of(from, members));
		});
	}

}
