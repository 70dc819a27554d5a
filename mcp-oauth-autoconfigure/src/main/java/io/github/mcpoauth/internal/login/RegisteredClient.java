// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.RefusedException;
import io.github.mcpoauth.internal.protocol.UrlPolicy;

/**
 * A dynamically registered client, and the conditions under which it is used again.
 *
 * @param client the client
 */
record RegisteredClient(OAuthClient client) {

	private static final List<String> SECRET_METHODS = List.of("client_secret_basic", "client_secret_post");

	/**
	 * Name of the additional member with the scopes that were asked for. A server that
	 * registers fewer would do so again: that is no reason to ask again.
	 */
	private static final String REQUESTED_SCOPE = "requested_scope";

	/**
	 * Name of the additional member with the time since which the client must not be used
	 * for another login.
	 */
	private static final String REJECTED_AT = "rejected_at";

	/**
	 * A client that has just been registered.
	 * @param client the client
	 * @param scopes the scopes that were asked for
	 * @return the client with a note of the scopes
	 */
	static RegisteredClient registered(OAuthClient client, Set<String> scopes) {
		return new RegisteredClient(client).with(REQUESTED_SCOPE, String.join(" ", scopes));
	}

	/**
	 * This client with a note that the authorization server did not accept it. A grant
	 * that was issued to it may still be renewed with it: the server may have erred.
	 * @param now the instant
	 * @return the client with the note
	 */
	RegisteredClient rejected(Instant now) {
		return with(REJECTED_AT, now.getEpochSecond());
	}

	/**
	 * Whether another login can use it.
	 * @param issuer issuer of the authorization server
	 * @param scopes the scopes to ask for
	 * @param now the instant
	 * @return {@code true} if it can, given a redirect URI it is registered with
	 */
	boolean fits(String issuer, Set<String> scopes, Instant now) {
		return this.client.origin() == OAuthClient.Origin.REGISTERED && issuer.equals(this.client.issuer())
				&& !this.client.isSecretExpired(now) && !this.client.additional().containsKey(REJECTED_AT)
				&& coversScopes(scopes);
	}

	/**
	 * Whether it is registered as one that always binds its tokens to a key (RFC 9449,
	 * section 5.2).
	 * @return {@code true} if the authorization server said so
	 */
	boolean isDPoPBound() {
		return Boolean.TRUE.equals(this.client.additional().get("dpop_bound_access_tokens"));
	}

	private boolean coversScopes(Set<String> scopes) {
		if (this.client.scope().isEmpty()) {
			return true;
		}
		Set<String> known = new HashSet<>(this.client.scope());
		if (this.client.additional().get(REQUESTED_SCOPE) instanceof String requested) {
			known.addAll(Arrays.asList(requested.split(" ")));
		}
		return known.containsAll(scopes);
	}

	/**
	 * Whether it is registered for a grant type.
	 * @param grantType name of the grant type
	 * @return {@code true} if the server said so when it was registered
	 */
	boolean allows(String grantType) {
		return this.client.additional().get("grant_types") instanceof Collection<?> types && types.contains(grantType);
	}

	/**
	 * Whether it is registered with a redirect URI.
	 * @param redirectUri the redirect URI
	 * @return {@code true} if it is, character for character, or with the same loopback
	 * address without a port, which stands for any (RFC 8252, section 7.3)
	 */
	boolean redirectsTo(URI redirectUri) {
		String withoutPort = redirectUri.toString().replaceFirst(":" + redirectUri.getPort(), "");
		return this.client.redirectUris().contains(redirectUri.toString())
				|| (UrlPolicy.isLoopback(redirectUri) && this.client.redirectUris().contains(withoutPort));
	}

	/**
	 * The loopback port it is registered with.
	 * @param host host of the redirect URI
	 * @return the port, 0 if no redirect URI has one
	 */
	int port(String host) {
		return this.client.redirectUris()
			.stream()
			.mapToInt((uri) -> port(uri, host))
			.filter((port) -> port > 0)
			.findFirst()
			.orElse(0);
	}

	private static int port(String redirectUri, String host) {
		try {
			URI uri = new URI(redirectUri);
			return (host.equalsIgnoreCase(uri.getHost()) && LoopbackListener.PATH.equals(uri.getRawPath()))
					? uri.getPort() : -1;
		}
		catch (URISyntaxException ex) {
			return -1;
		}
	}

	/**
	 * The same client with other methods, for a registration that issued a secret
	 * although it names the public method.
	 * @param client the client
	 * @param supported the methods that the authorization server supports, empty if not
	 * known
	 * @return the clients to try one after the other, empty if the registration does not
	 * contradict itself
	 */
	static List<OAuthClient> withSecretMethods(OAuthClient client, List<String> supported) {
		if (client.origin() != OAuthClient.Origin.REGISTERED || client.clientSecret() == null
				|| !"none".equals(client.tokenEndpointAuthMethod())) {
			return List.of();
		}
		List<String> known = SECRET_METHODS.stream().filter(supported::contains).toList();
		return (known.isEmpty() ? SECRET_METHODS : known).stream()
			.map((method) -> client.mutate().authMethod(method).build())
			.toList();
	}

	/**
	 * Whether a token endpoint may have refused a request because it had no secret.
	 * @param failure the failure
	 * @return {@code true} for an error of client authentication
	 */
	static boolean isSecretWanted(Throwable failure) {
		return failure instanceof RefusedException refused && ("invalid_client".equalsIgnoreCase(refused.errorCode())
				|| "unauthorized_client".equalsIgnoreCase(refused.errorCode())
				|| String.valueOf(refused.getMessage()).contains("client_secret"));
	}

	private RegisteredClient with(String name, Object value) {
		Map<String, Object> additional = new LinkedHashMap<>(this.client.additional());
		additional.put(name, value);
		return new RegisteredClient(this.client.mutate().additional(additional).build());
	}

}
