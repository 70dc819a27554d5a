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
 * @param credentials how it authenticates
 * @param origin where it comes from
 * @param issuer the authorization server that knows it, {@code null} if not known; it is
 * used at no other
 * @param redirectUris the registered redirect URIs, empty if not known
 * @param scope the registered scopes, empty if not known
 * @param additional further members of the registration response, kept as they are
 */
public record OAuthClient(String clientId, Credentials credentials, Origin origin, @Nullable String issuer,
		Set<String> redirectUris, Set<String> scope, Map<String, Object> additional) {

	public OAuthClient {
		redirectUris = Collections.unmodifiableSet(new LinkedHashSet<>(redirectUris));
		scope = Collections.unmodifiableSet(new LinkedHashSet<>(scope));
		additional = Collections.unmodifiableMap(new LinkedHashMap<>(additional));
	}

	/**
	 * The secret.
	 * @return the secret, {@code null} for a public client or one with a key
	 */
	public @Nullable Secret clientSecret() {
		return this.credentials.secret();
	}

	/**
	 * How the client authenticates.
	 * @return the name of the method (RFC 7591, section 2), {@code null} if neither the
	 * settings nor the registration name one
	 */
	public @Nullable String tokenEndpointAuthMethod() {
		return this.credentials.authMethod();
	}

	/**
	 * When the secret expires.
	 * @return the instant, {@code null} for never or not known
	 */
	public @Nullable Instant secretExpiresAt() {
		return this.credentials.secretExpiresAt();
	}

	/**
	 * The key that the client authenticates with.
	 * @return the key, {@code null} if absent
	 */
	public @Nullable SigningKey signingKey() {
		return this.credentials.signingKey();
	}

	/**
	 * Build a client.
	 * @param clientId the client identifier
	 * @param origin where it comes from
	 * @return a builder
	 */
	public static Builder with(String clientId, Origin origin) {
		return new Builder(clientId, origin);
	}

	/**
	 * Build a client that differs from this one.
	 * @return a builder with the values of this client
	 */
	public Builder mutate() {
		return new Builder(this.clientId, this.origin).credentials(this.credentials)
			.issuer(this.issuer)
			.redirectUris(this.redirectUris)
			.scope(this.scope)
			.additional(this.additional);
	}

	/**
	 * The pre-registered client of the settings.
	 * @param settings the settings
	 * @return the client, {@code null} if absent
	 */
	public static @Nullable OAuthClient preRegistered(OAuthSettings settings) {
		return (settings.clientId() == null) ? null
				: with(settings.clientId(), Origin.CONFIGURED)
					.credentials(new Credentials(settings.tokenEndpointAuthMethod(), settings.clientSecret(), null,
							settings.signingKey()))
					.build();
	}

	/**
	 * The client with the metadata document that the settings name. Without a key it is a
	 * public one.
	 * @param settings the settings
	 * @return the client, {@code null} if absent
	 */
	public static @Nullable OAuthClient ofMetadataDocument(OAuthSettings settings) {
		if (settings.clientMetadataUrl() == null) {
			return null;
		}
		String method = settings.tokenEndpointAuthMethod();
		SigningKey key = (settings.signingKey() != null) ? settings.signingKey() : settings.clientMetadataKey();
		// Named in any case, because a grant may remember another method
		String used = (method != null) ? method : (key != null) ? "private_key_jwt" : "none";
		return with(settings.clientMetadataUrl().toString(), Origin.METADATA_DOCUMENT)
			.credentials(new Credentials(used, null, null, key))
			.build();
	}

	/**
	 * This application's client at an identity provider.
	 * @param provider the identity provider
	 * @return the client
	 */
	public static OAuthClient of(IdentityProvider provider) {
		IdentityProvider.Client client = provider.client();
		return with(client.id(), Origin.CONFIGURED)
			.credentials(new Credentials(client.tokenEndpointAuthMethod(), client.secret(), null, client.signingKey()))
			.build();
	}

	/**
	 * The client of the settings that a grant was issued to.
	 * @param settings the settings
	 * @param clientId the client of the grant, {@code null} if it names no client
	 * @return the client, {@code null} if it is not in the settings
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
		return with(clientId, Origin.CONFIGURED).secret(clientSecret).authMethod(tokenEndpointAuthMethod).build();
	}

	/**
	 * Whether the secret has run out.
	 * @param now the instant to look at
	 * @return {@code true} if there is an expiry and it is not after {@code now}
	 */
	public boolean isSecretExpired(Instant now) {
		return secretExpiresAt() != null && !secretExpiresAt().isAfter(now);
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

	/**
	 * How a client authenticates.
	 *
	 * @param authMethod the method (RFC 7591, section 2), {@code null} if neither the
	 * settings nor the registration name one
	 * @param secret the secret, {@code null} if absent
	 * @param secretExpiresAt when the secret expires, {@code null} for never or not known
	 * @param signingKey the key, {@code null} if absent
	 */
	public record Credentials(@Nullable String authMethod, @Nullable Secret secret, @Nullable Instant secretExpiresAt,
			@Nullable SigningKey signingKey) {

		/**
		 * Credentials of a client about which nothing is known but its identifier.
		 */
		public static final Credentials UNKNOWN = new Credentials(null, null, null, null);

	}

	/**
	 * Builds a client.
	 */
	public static final class Builder {

		private final String clientId;

		private final Origin origin;

		private Credentials credentials = Credentials.UNKNOWN;

		private @Nullable String issuer;

		private Set<String> redirectUris = Set.of();

		private Set<String> scope = Set.of();

		private Map<String, Object> additional = Map.of();

		private Builder(String clientId, Origin origin) {
			this.clientId = clientId;
			this.origin = origin;
		}

		/**
		 * How the client authenticates.
		 * @param credentials the credentials
		 * @return this builder
		 */
		Builder credentials(Credentials credentials) {
			this.credentials = credentials;
			return this;
		}

		/**
		 * The secret.
		 * @param secret the secret, {@code null} if absent
		 * @return this builder
		 */
		public Builder secret(@Nullable Secret secret) {
			return credentials(new Credentials(this.credentials.authMethod(), secret,
					this.credentials.secretExpiresAt(), this.credentials.signingKey()));
		}

		/**
		 * The method to authenticate with.
		 * @param authMethod the method, {@code null} if not known
		 * @return this builder
		 */
		public Builder authMethod(@Nullable String authMethod) {
			return credentials(new Credentials(authMethod, this.credentials.secret(),
					this.credentials.secretExpiresAt(), this.credentials.signingKey()));
		}

		/**
		 * When the secret expires.
		 * @param secretExpiresAt the instant, {@code null} for never or not known
		 * @return this builder
		 */
		public Builder secretExpiresAt(@Nullable Instant secretExpiresAt) {
			return credentials(new Credentials(this.credentials.authMethod(), this.credentials.secret(),
					secretExpiresAt, this.credentials.signingKey()));
		}

		/**
		 * The authorization server that knows the client.
		 * @param issuer its issuer, {@code null} if not known
		 * @return this builder
		 */
		public Builder issuer(@Nullable String issuer) {
			this.issuer = issuer;
			return this;
		}

		/**
		 * The registered redirect URIs.
		 * @param redirectUris the redirect URIs, empty if not known
		 * @return this builder
		 */
		public Builder redirectUris(Set<String> redirectUris) {
			this.redirectUris = redirectUris;
			return this;
		}

		/**
		 * The registered scopes.
		 * @param scope the scopes, empty if not known
		 * @return this builder
		 */
		public Builder scope(Set<String> scope) {
			this.scope = scope;
			return this;
		}

		/**
		 * Further members of the registration response.
		 * @param additional the members
		 * @return this builder
		 */
		public Builder additional(Map<String, Object> additional) {
			this.additional = additional;
			return this;
		}

		/**
		 * Build the client.
		 * @return the client
		 */
		public OAuthClient build() {
			return new OAuthClient(this.clientId, this.credentials, this.origin, this.issuer, this.redirectUris,
					this.scope, this.additional);
		}

	}

}
