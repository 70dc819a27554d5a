// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.grant;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import org.jspecify.annotations.Nullable;

/**
 * An OAuth client at one authorization server.
 *
 * @param clientId the client identifier
 * @param clientSecret the secret, {@code null} for a public client
 * @param tokenEndpointAuthMethod how it authenticates (RFC 7591, section 2), {@code null}
 * if neither the settings nor the registration say
 * @param origin where it comes from
 * @param issuer the authorization server that knows it, {@code null} if not known;
 * another one's tokens are never asked for with it
 * @param secretExpiresAt when the secret expires, {@code null} for never or not known
 * @param redirectUris the registered redirect URIs, empty if not known
 * @param scope the registered scopes, empty if not known
 * @param additional further members of the registration response, kept as they are
 * @param signingKey the key it authenticates with, {@code null} for none
 */
public record OAuthClient(String clientId, @Nullable Secret clientSecret, @Nullable String tokenEndpointAuthMethod,
		Origin origin, @Nullable String issuer, @Nullable Instant secretExpiresAt, Set<String> redirectUris,
		Set<String> scope, Map<String, Object> additional, @Nullable SigningKey signingKey) {

	public OAuthClient {
		redirectUris = Collections.unmodifiableSet(new LinkedHashSet<>(redirectUris));
		scope = Collections.unmodifiableSet(new LinkedHashSet<>(scope));
		additional = Collections.unmodifiableMap(new LinkedHashMap<>(additional));
	}

	/**
	 * A client without a key.
	 * @param clientId the client identifier
	 * @param clientSecret the secret, {@code null} for a public client
	 * @param tokenEndpointAuthMethod how it authenticates, {@code null} if not known
	 * @param origin where it comes from
	 * @param issuer the authorization server that knows it, {@code null} if not known
	 * @param secretExpiresAt when the secret expires, {@code null} for never or not known
	 * @param redirectUris the registered redirect URIs, empty if not known
	 * @param scope the registered scopes, empty if not known
	 * @param additional further members of the registration response
	 */
	public OAuthClient(String clientId, @Nullable Secret clientSecret, @Nullable String tokenEndpointAuthMethod,
			Origin origin, @Nullable String issuer, @Nullable Instant secretExpiresAt, Set<String> redirectUris,
			Set<String> scope, Map<String, Object> additional) {
		this(clientId, clientSecret, tokenEndpointAuthMethod, origin, issuer, secretExpiresAt, redirectUris, scope,
				additional, null);
	}

	/**
	 * The pre-registered client of the settings.
	 * @param settings the settings
	 * @return the client, {@code null} if there is none
	 */
	public static @Nullable OAuthClient preRegistered(OAuthSettings settings) {
		return (settings.clientId() == null) ? null
				: new OAuthClient(settings.clientId(), settings.clientSecret(), settings.tokenEndpointAuthMethod(),
						Origin.CONFIGURED, null, null, Set.of(), Set.of(), Map.of(), settings.signingKey());
	}

	/**
	 * The client whose metadata document the settings name. Without a key it is a public
	 * one.
	 * @param settings the settings
	 * @return the client, {@code null} if there is none
	 */
	public static @Nullable OAuthClient ofMetadataDocument(OAuthSettings settings) {
		if (settings.clientMetadataUrl() == null) {
			return null;
		}
		String method = settings.tokenEndpointAuthMethod();
		boolean isPublic = method == null && settings.signingKey() == null;
		return new OAuthClient(settings.clientMetadataUrl().toString(), null, isPublic ? "none" : method,
				Origin.METADATA_DOCUMENT, null, null, Set.of(), Set.of(), Map.of(), settings.signingKey());
	}

	/**
	 * This application's client at an identity provider.
	 * @param provider the identity provider
	 * @return the client
	 */
	public static OAuthClient of(IdentityProvider provider) {
		return new OAuthClient(provider.clientId(), provider.clientSecret(), provider.tokenEndpointAuthMethod(),
				Origin.CONFIGURED, null, null, Set.of(), Set.of(), Map.of(), provider.signingKey());
	}

	/**
	 * The client of the settings that a grant was issued to.
	 * @param settings the settings
	 * @param clientId what the grant says, {@code null} if it does not
	 * @return the client, {@code null} if it is none of the settings
	 */
	public static @Nullable OAuthClient of(OAuthSettings settings, @Nullable String clientId) {
		OAuthClient preRegistered = preRegistered(settings);
		if (preRegistered != null && (clientId == null || clientId.equals(preRegistered.clientId))) {
			return preRegistered;
		}
		OAuthClient document = ofMetadataDocument(settings);
		return (document != null && document.clientId.equals(clientId)) ? document : null;
	}

	/**
	 * A client from the settings.
	 * @param clientId the client identifier
	 * @param clientSecret the secret, {@code null} for a public client
	 * @param tokenEndpointAuthMethod how it authenticates, {@code null} to choose
	 * @return the client
	 */
	public static OAuthClient configured(String clientId, @Nullable Secret clientSecret,
			@Nullable String tokenEndpointAuthMethod) {
		return new OAuthClient(clientId, clientSecret, tokenEndpointAuthMethod, Origin.CONFIGURED, null, null, Set.of(),
				Set.of(), Map.of());
	}

	/**
	 * Whether the secret has run out.
	 * @param now the instant to look at
	 * @return {@code true} if there is an expiry and it is not after {@code now}
	 */
	public boolean isSecretExpired(Instant now) {
		return this.secretExpiresAt != null && !this.secretExpiresAt.isAfter(now);
	}

	@Override
	public String toString() {
		return "OAuthClient[clientId=%s, origin=%s, issuer=%s]".formatted(this.clientId, this.origin, this.issuer);
	}

	/**
	 * Where a client comes from.
	 */
	public enum Origin {

		/**
		 * Pre-registered, from the settings. Never dropped by us.
		 */
		CONFIGURED,

		/**
		 * A client ID metadata document, portable between authorization servers.
		 */
		METADATA_DOCUMENT,

		/**
		 * Registered dynamically (RFC 7591).
		 */
		REGISTERED

	}

}
