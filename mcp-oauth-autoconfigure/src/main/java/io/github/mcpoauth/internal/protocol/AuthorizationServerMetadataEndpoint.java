// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Fetches authorization server metadata (RFC 8414, section 3; OpenID Connect Discovery
 * 1.0, section 4).
 */
public final class AuthorizationServerMetadataEndpoint {

	private static final String ISSUER = "issuer";

	private final Transport transport;

	private final UrlPolicy urlPolicy;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock the clock
	 */
	public AuthorizationServerMetadataEndpoint(AuthorizationWebClients clients, ProtocolSettings settings,
			Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
	}

	/**
	 * Fetch a document.
	 * @param server the MCP server it is for
	 * @param url where to look
	 * @param issuers the issuer identifiers that lead to that address, one of which the
	 * document must name, character for character
	 * @param absent takes a few words about the answer where there is no document
	 * @return a mono with the document, empty if there is none at that address: a
	 * redirect, a 4xx but for 408, 425 and 429, or a success that is not a JSON object
	 * with an issuer. Fails with {@link UnavailableException} when that cannot be told
	 * now, and with {@link UnusableException} for an address the policy refuses or a
	 * document of another issuer
	 */
	public Mono<AuthorizationServerMetadata> fetch(McpServer server, String url, Collection<String> issuers,
			Consumer<String> absent) {
		return Mono.defer(() -> {
			URI uri = this.urlPolicy.check(server, "The authorization server metadata address", url);
			String from = "The authorization server metadata at %s".formatted(UntrustedText.quote(url));
			return this.transport.fetch(server, from, new HTTPRequest(HTTPRequest.Method.GET, uri))
				.flatMap((answer) -> answer.document()
					.filter((members) -> members.containsKey(ISSUER))
					.switchIfEmpty(Mono.fromRunnable(
							() -> absent.accept("%s (%s)".formatted(UntrustedText.quote(url), answer.brief())))))
				.map((members) -> validate(from, members, issuers));
		});
	}

	/**
	 * Some documents hold a template that the user has to fill in, others name the bare
	 * host although they belong to a path.
	 */
	private static String advice(@Nullable String issuer) {
		if (issuer == null) {
			return "";
		}
		return (issuer.indexOf('{') >= 0)
				? ". If you trust it, set 'authorization-server' to that issuer with your own value in place of the braces, for example your tenant's identifier"
				: ". If you trust it, set 'authorization-server' to %s".formatted(UntrustedText.quote(issuer));
	}

	private static AuthorizationServerMetadata validate(String from, Map<String, Object> members,
			Collection<String> issuers) {
		String issuer = Members.text(members, ISSUER);
		if (issuer == null || !issuers.contains(issuer)) {
			String expected = issuers.stream().map(UntrustedText::quote).collect(Collectors.joining(" or "));
			throw new UnusableException("%s names the issuer %s instead of %s and is not used%s".formatted(from,
					UntrustedText.quote(issuer), expected, advice(issuer)));
		}
		if (Members.uri(members, "token_endpoint") == null) {
			throw new UnusableException("The authorization server %s does not say where its token endpoint is"
				.formatted(UntrustedText.quote(issuer)));
		}
		return new AuthorizationServerMetadata(members);
	}

}
