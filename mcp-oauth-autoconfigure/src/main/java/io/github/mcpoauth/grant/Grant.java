// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.grant;

import java.net.URI;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.ProofOfPossession;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * The result of an authorization, and all that renewing it needs.
 *
 * @param accessToken the access token
 * @param tokenType the token type as the server named it, {@code Bearer} unless it said
 * otherwise
 * @param refreshToken the refresh token, {@code null} if the server issued no refresh
 * token
 * @param issuedAt when the request for the access token was sent, {@code null} if not
 * known
 * @param expiresAt when the access token expires, counted from {@code issuedAt},
 * {@code null} if the server did not say
 * @param scope the granted scopes, empty if not known
 * @param origin where the tokens come from, which a refresh needs
 * @param stored the parts of the stored record that are not about the tokens
 */
public record Grant(Secret accessToken, String tokenType, @Nullable Secret refreshToken, @Nullable Instant issuedAt,
		@Nullable Instant expiresAt, Set<String> scope, Origin origin, Stored stored) {

	/**
	 * Name of the additional member that says which scopes were asked for.
	 */
	public static final String REQUESTED_SCOPE = "requested_scope";

	/**
	 * Name of the additional member that says how a grant without a user was obtained.
	 */
	public static final String GRANT_TYPE = "grant_type";

	/**
	 * Name of the additional member with the kind of token that a token exchange gave
	 * (RFC 8693, section 2.2.1).
	 */
	public static final String ISSUED_TOKEN_TYPE = "issued_token_type";

	public Grant {
		scope = Collections.unmodifiableSet(new LinkedHashSet<>(scope));
	}

	/**
	 * The issuer of the tokens.
	 * @return the issuer identifier, {@code null} if not known
	 */
	public @Nullable String issuer() {
		return this.origin.issuer();
	}

	/**
	 * Where the grant is renewed.
	 * @return the token endpoint, {@code null} if not known
	 */
	public @Nullable URI tokenEndpoint() {
		return this.origin.tokenEndpoint();
	}

	/**
	 * The client that the tokens were issued to.
	 * @return the client identifier, {@code null} if not known
	 */
	public @Nullable String clientId() {
		return this.origin.clientId();
	}

	/**
	 * The resource that the tokens are for.
	 * @return the resource indicator, {@code null} if not known
	 */
	public @Nullable String resource() {
		return this.origin.resource();
	}

	/**
	 * Whether the token endpoint refused the resource indicator.
	 * @return {@code true} if a refresh leaves it out
	 */
	public boolean resourceRefused() {
		return this.origin.resourceRefused();
	}

	/**
	 * The key that the tokens are bound to.
	 * @return the private key as JWK, {@code null} if absent
	 */
	public @Nullable Secret dpopKey() {
		return this.origin.dpopKey();
	}

	/**
	 * The generation of the stored record.
	 * @return a number that grows with every write, 0 if another program wrote the record
	 */
	public long generation() {
		return this.stored.generation();
	}

	/**
	 * Members of the stored record that have no meaning here.
	 * @return names and values, which cannot be changed
	 */
	public Map<String, Object> additional() {
		return this.stored.additional();
	}

	/**
	 * Start a grant.
	 * @param accessToken the access token
	 * @return a new builder
	 */
	public static Builder with(Secret accessToken) {
		return new Builder(accessToken);
	}

	/**
	 * Start from this grant.
	 * @return a new builder that holds all of it
	 */
	public Builder mutate() {
		return new Builder(this.accessToken).tokenType(this.tokenType)
			.refreshToken(this.refreshToken)
			.issuedAt(this.issuedAt)
			.expiresAt(this.expiresAt)
			.scope(this.scope)
			.issuer(this.origin.issuer())
			.tokenEndpoint(this.origin.tokenEndpoint())
			.clientId(this.origin.clientId())
			.resource(this.origin.resource())
			.resourceRefused(this.origin.resourceRefused())
			.dpopKey(this.origin.dpopKey())
			.generation(this.stored.generation())
			.additional(this.stored.additional());
	}

	/**
	 * The scopes that were asked for, of which the server may have granted fewer.
	 * @return the requested scopes, the granted ones if those are not known
	 */
	public Set<String> requestedScope() {
		Set<String> requested = new LinkedHashSet<>(this.scope);
		if (additional().get(REQUESTED_SCOPE) instanceof String text) {
			Collections.addAll(requested, StringUtils.tokenizeToStringArray(text, " "));
		}
		return requested;
	}

	/**
	 * The token to send, if it is not bound to a key.
	 * @return a new access token
	 */
	public AccessToken toAccessToken() {
		return toAccessToken(null);
	}

	/**
	 * The token to send.
	 * @param proof proves possession of the key that the token is bound to, {@code null}
	 * if absent
	 * @return a new access token
	 */
	public AccessToken toAccessToken(@Nullable ProofOfPossession proof) {
		return new AccessToken(this.accessToken, isBound() ? this.tokenType : "Bearer", this.expiresAt, proof);
	}

	/**
	 * Whether the access token cannot be sent without a proof of possession.
	 * @return {@code true} if the server said that it is bound to a key
	 */
	public boolean isBound() {
		return ProofOfPossession.DPOP.equals(this.tokenType);
	}

	/**
	 * Whether another grant is the same login at the same point of its life: the same
	 * access token and the same refresh token.
	 * @param other another grant, {@code null} if absent
	 * @return {@code true} if both tokens are equal
	 */
	public boolean hasTokensOf(@Nullable Grant other) {
		return other != null && this.accessToken.equals(other.accessToken)
				&& Objects.equals(this.refreshToken, other.refreshToken);
	}

	@Override
	public String toString() {
		return "Grant[tokenType=%s, refreshToken=%s, issuedAt=%s, expiresAt=%s, scope=%s, issuer=%s, generation=%d]"
			.formatted(this.tokenType, (this.refreshToken != null) ? "present" : "absent", this.issuedAt,
					this.expiresAt, this.scope, issuer(), generation());
	}

	/**
	 * Where the tokens of a grant come from. A refresh asks there, in the same way.
	 *
	 * @param issuer issuer identifier of the authorization server, byte for byte as it
	 * was validated, {@code null} if not known
	 * @param tokenEndpoint where the grant is renewed, {@code null} if not known
	 * @param clientId the client that the tokens were issued to, {@code null} if not
	 * known
	 * @param resource the resource indicator that they were requested with, byte for
	 * byte, {@code null} if not known
	 * @param resourceRefused whether the token endpoint refused the resource indicator,
	 * so that a refresh leaves it out
	 * @param dpopKey the private key that the tokens are bound to (RFC 9449), as JWK,
	 * {@code null} if absent. The refresh token may be bound to it although the access
	 * token is not
	 */
	public record Origin(@Nullable String issuer, @Nullable URI tokenEndpoint, @Nullable String clientId,
			@Nullable String resource, boolean resourceRefused, @Nullable Secret dpopKey) {
	}

	/**
	 * The parts of a stored record that are not about its tokens.
	 *
	 * @param generation grows with every write of the record; 0 for a record that another
	 * program wrote
	 * @param additional members that have no meaning here and are kept
	 */
	public record Stored(long generation, Map<String, Object> additional) {

		public Stored {
			additional = Collections.unmodifiableMap(new LinkedHashMap<>(additional));
		}

	}

	/**
	 * Collects the values of a grant.
	 */
	public static final class Builder {

		private Secret accessToken;

		private String tokenType = "Bearer";

		private @Nullable Secret refreshToken;

		private @Nullable Instant issuedAt;

		private @Nullable Instant expiresAt;

		private Set<String> scope = Set.of();

		private @Nullable String issuer;

		private @Nullable URI tokenEndpoint;

		private @Nullable String clientId;

		private @Nullable String resource;

		private boolean resourceRefused;

		private @Nullable Secret dpopKey;

		private long generation;

		private Map<String, Object> additional = Map.of();

		private Builder(Secret accessToken) {
			this.accessToken = accessToken;
		}

		/**
		 * Set the access token.
		 * @param accessToken the token
		 * @return this
		 */
		public Builder accessToken(Secret accessToken) {
			this.accessToken = accessToken;
			return this;
		}

		/**
		 * Set the scheme the token is sent with.
		 * @param tokenType the token type
		 * @return this
		 */
		public Builder tokenType(String tokenType) {
			this.tokenType = "bearer".equalsIgnoreCase(tokenType) ? "Bearer"
					: ProofOfPossession.DPOP.equalsIgnoreCase(tokenType) ? ProofOfPossession.DPOP : tokenType;
			return this;
		}

		/**
		 * Set the refresh token.
		 * @param refreshToken the token, {@code null} if absent
		 * @return this
		 */
		public Builder refreshToken(@Nullable Secret refreshToken) {
			this.refreshToken = refreshToken;
			return this;
		}

		/**
		 * Set when the access token was asked for.
		 * @param issuedAt the instant, {@code null} if not known
		 * @return this
		 */
		public Builder issuedAt(@Nullable Instant issuedAt) {
			this.issuedAt = issuedAt;
			return this;
		}

		/**
		 * Set when the access token expires.
		 * @param expiresAt the instant, {@code null} if not known
		 * @return this
		 */
		public Builder expiresAt(@Nullable Instant expiresAt) {
			this.expiresAt = expiresAt;
			return this;
		}

		/**
		 * Set the granted scopes.
		 * @param scope the scopes, empty if not known
		 * @return this
		 */
		public Builder scope(Set<String> scope) {
			this.scope = scope;
			return this;
		}

		/**
		 * Set the issuer.
		 * @param issuer the issuer identifier, {@code null} if not known
		 * @return this
		 */
		public Builder issuer(@Nullable String issuer) {
			this.issuer = issuer;
			return this;
		}

		/**
		 * Set where the grant is renewed.
		 * @param tokenEndpoint the token endpoint, {@code null} if not known
		 * @return this
		 */
		public Builder tokenEndpoint(@Nullable URI tokenEndpoint) {
			this.tokenEndpoint = tokenEndpoint;
			return this;
		}

		/**
		 * Set the client.
		 * @param clientId the client identifier, {@code null} if not known
		 * @return this
		 */
		public Builder clientId(@Nullable String clientId) {
			this.clientId = clientId;
			return this;
		}

		/**
		 * Set the resource indicator.
		 * @param resource the indicator, {@code null} if not known
		 * @return this
		 */
		public Builder resource(@Nullable String resource) {
			this.resource = resource;
			return this;
		}

		/**
		 * Remember that the token endpoint refused the resource indicator.
		 * @param resourceRefused whether it did
		 * @return this
		 */
		public Builder resourceRefused(boolean resourceRefused) {
			this.resourceRefused = resourceRefused;
			return this;
		}

		/**
		 * Set the key that the tokens are bound to.
		 * @param dpopKey the private key as JWK, {@code null} if absent
		 * @return this
		 */
		public Builder dpopKey(@Nullable Secret dpopKey) {
			this.dpopKey = dpopKey;
			return this;
		}

		/**
		 * Set the generation.
		 * @param generation the generation of the record
		 * @return this
		 */
		public Builder generation(long generation) {
			this.generation = generation;
			return this;
		}

		/**
		 * Set the members that are kept along.
		 * @param additional names and values
		 * @return this
		 */
		public Builder additional(Map<String, Object> additional) {
			this.additional = additional;
			return this;
		}

		/**
		 * Build the grant.
		 * @return the grant
		 */
		public Grant build() {
			return new Grant(this.accessToken, this.tokenType, this.refreshToken, this.issuedAt, this.expiresAt,
					this.scope, new Origin(this.issuer, this.tokenEndpoint, this.clientId, this.resource,
							this.resourceRefused, this.dpopKey),
					new Stored(this.generation, this.additional));
		}

	}

}
