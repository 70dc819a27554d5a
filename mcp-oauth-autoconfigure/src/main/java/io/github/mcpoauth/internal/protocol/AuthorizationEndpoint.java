// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.util.URLUtils;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * The authorization endpoint (RFC 6749, section 3.1). It is a user's browser that talks
 * to it, so this class sends nothing.
 */
public final class AuthorizationEndpoint {

	/**
	 * Parameters that the protocol sets, or leaves out for a reason.
	 */
	private static final Set<String> RESERVED = Set.of("response_type", "client_id", "redirect_uri", "scope", "state",
			"code_challenge", "code_challenge_method", "resource", "response_mode", "request", "request_uri",
			"dpop_jkt");

	private static final String OFFLINE_ACCESS = "offline_access";

	private static final String PROMPT = "prompt";

	private final UrlPolicy urlPolicy;

	/**
	 * Create the endpoint.
	 * @param settings say which addresses are acceptable
	 */
	public AuthorizationEndpoint(ProtocolSettings settings) {
		this.urlPolicy = new UrlPolicy(settings);
	}

	/**
	 * Build a request for a code, with PKCE and a state of its own. A query that the
	 * endpoint has already is kept, and the {@code authorize} parameters of the settings
	 * are added.
	 * @param server the MCP server to get access to
	 * @param metadata validated metadata of the authorization server
	 * @param clientId the client identifier
	 * @param redirectUri where the browser is sent back to
	 * @param audience the endpoint that will exchange the code, and the scope to request;
	 * its key binds the code too (RFC 9449, section 10)
	 * @return the request
	 * @throws UnusableException if an address is not acceptable or missing, or the
	 * settings add a parameter that is the protocol's own
	 */
	public AuthorizationRequest request(McpServer server, AuthorizationServerMetadata metadata, String clientId,
			URI redirectUri, TokenAudience audience) {
		URI endpoint = require(server, metadata, "authorization endpoint", metadata.authorizationEndpoint());
		this.urlPolicy.check(server, "The token endpoint", audience.tokenEndpoint().toString());
		requireRedirect(redirectUri);
		requireUnreserved(server);
		State state = new State();
		CodeVerifier codeVerifier = new CodeVerifier();
		var request = new com.nimbusds.oauth2.sdk.AuthorizationRequest.Builder(ResponseType.CODE,
				new ClientID(clientId))
			.redirectionURI(redirectUri)
			.state(state)
			.codeChallenge(codeVerifier, CodeChallengeMethod.S256);
		if (!audience.scopes().isEmpty()) {
			request.scope(new Scope(audience.scopes().toArray(String[]::new)));
		}
		if (audience.resource() != null) {
			// Not as a URI, so that it is sent byte for byte
			request.customParameter("resource", audience.resource());
		}
		if (audience.dpopKey() != null) {
			request.customParameter("dpop_jkt", audience.dpopKey().thumbprint());
		}
		Map<String, List<String>> parameters = new LinkedHashMap<>(request.build().toParameters());
		// OpenID Connect Core, section 11: without it, the provider ignores
		// offline_access
		if (metadata.isOpenIdProvider() && audience.scopes().contains(OFFLINE_ACCESS)) {
			parameters.put(PROMPT, List.of("consent"));
		}
		server.oauth().authorizeParameters().forEach((name, value) -> parameters.put(name, List.of(value)));
		if (List.of("").equals(parameters.get(PROMPT))) {
			parameters.remove(PROMPT);
		}
		return new AuthorizationRequest(endpoint, parameters, audience, metadata.issParameterSupported(), redirectUri,
				Secret.of(state.getValue()), Secret.of(codeVerifier.getValue()));
	}

	/**
	 * Add parameters to the query that the endpoint has already.
	 * @param endpoint the endpoint
	 * @param parameters the parameters
	 * @return the address for the browser
	 */
	static URI append(URI endpoint, Map<String, List<String>> parameters) {
		List<String> query = new ArrayList<>();
		if (endpoint.getRawQuery() != null && !endpoint.getRawQuery().isEmpty()) {
			query.add(List.of(endpoint.getRawQuery().split("&"))
				.stream()
				.filter((pair) -> !isSet(pair, parameters))
				.collect(Collectors.joining("&")));
		}
		query.add(URLUtils.serializeParameters(parameters));
		query.removeIf(String::isEmpty);
		String address = endpoint.toString();
		int end = address.indexOf('?');
		return URI.create(((end < 0) ? address : address.substring(0, end)) + "?" + String.join("&", query));
	}

	private URI require(McpServer server, AuthorizationServerMetadata metadata, String what, @Nullable URI endpoint) {
		if (endpoint == null) {
			throw new UnusableException("The authorization server %s does not say where its %s is"
				.formatted(UntrustedText.quote(metadata.issuer()), what));
		}
		return this.urlPolicy.check(server, "The " + what, endpoint.toString());
	}

	private static void requireRedirect(URI redirectUri) {
		boolean secure = "https".equalsIgnoreCase(redirectUri.getScheme());
		boolean loopback = "http".equalsIgnoreCase(redirectUri.getScheme()) && UrlPolicy.isLoopback(redirectUri);
		if (!secure && !loopback) {
			throw new UnusableException("The redirect URI %s is neither https nor on loopback and is not used"
				.formatted(UntrustedText.quote(redirectUri.toString())));
		}
	}

	private static void requireUnreserved(McpServer server) {
		for (String name : server.oauth().authorizeParameters().keySet()) {
			if (RESERVED.contains(name)) {
				throw new UnusableException(
						"The settings add the authorization parameter '%s', which the protocol sets itself"
							.formatted(name));
			}
		}
	}

	/**
	 * A parameter must not be there twice, and must not come from the server if it is
	 * ours.
	 */
	private static boolean isSet(String pair, Map<String, List<String>> parameters) {
		return URLUtils.parseParameters(pair)
			.keySet()
			.stream()
			.anyMatch((name) -> parameters.containsKey(name) || RESERVED.contains(name));
	}

}
