// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Locale;
import java.util.Set;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * The client that this application is at one authorization server or identity provider.
 */
abstract sealed class OAuthClientProperties permits OAuthProperties, IdentityProviderProperties {

	/**
	 * Identifier of a pre-registered client. Uses a client ID metadata document or
	 * dynamic registration when not set, which an identity provider does not offer.
	 */
	private @Nullable String clientId;

	/**
	 * Secret of the pre-registered client. Not set for a public client.
	 */
	private @Nullable Secret clientSecret;

	/**
	 * How the client authenticates at the token endpoint. Chosen from the methods that
	 * the server supports when not set.
	 */
	private @Nullable TokenEndpointAuthMethod tokenEndpointAuthMethod;

	/**
	 * Private key that the client authenticates with (private_key_jwt), PKCS #8 in PEM or
	 * a JSON Web Key, RSA or elliptic curve.
	 */
	private @Nullable Secret privateKey;

	/**
	 * File with the private key, instead of 'private-key'. It is read again for every
	 * token request.
	 */
	private @Nullable String privateKeyLocation;

	/**
	 * Key identifier that the server knows the private key by. That of the JSON Web Key
	 * when not set.
	 */
	private @Nullable String keyId;

	/**
	 * Signature algorithm of private_key_jwt, for example 'PS256'. When not set: the
	 * algorithm that the key names, else RS256 for RSA or the algorithm of the curve.
	 */
	private @Nullable String tokenEndpointAuthSigningAlg;

	/**
	 * File with the user's token, for grant type token-exchange or for the identity
	 * provider. It is read again for every token request.
	 */
	private @Nullable String subjectTokenFile;

	/**
	 * Type of the token in 'subject-token-file' (RFC 8693, section 3). When not set: an
	 * access token, and an ID token for an identity provider.
	 */
	private @Nullable String subjectTokenType;

	/**
	 * Scopes to ask for, as a list or as one text separated by spaces. When empty: the
	 * scopes that the MCP server advertises, and for an identity provider those of the
	 * MCP server.
	 */
	private Set<String> scopes = Set.of();

	public @Nullable String getClientId() {
		return this.clientId;
	}

	public void setClientId(@Nullable String clientId) {
		this.clientId = clientId;
	}

	public @Nullable Secret getClientSecret() {
		return this.clientSecret;
	}

	public void setClientSecret(@Nullable Secret clientSecret) {
		this.clientSecret = clientSecret;
	}

	public @Nullable TokenEndpointAuthMethod getTokenEndpointAuthMethod() {
		return this.tokenEndpointAuthMethod;
	}

	public void setTokenEndpointAuthMethod(@Nullable TokenEndpointAuthMethod tokenEndpointAuthMethod) {
		this.tokenEndpointAuthMethod = tokenEndpointAuthMethod;
	}

	public @Nullable Secret getPrivateKey() {
		return this.privateKey;
	}

	public void setPrivateKey(@Nullable Secret privateKey) {
		this.privateKey = privateKey;
	}

	public @Nullable String getPrivateKeyLocation() {
		return this.privateKeyLocation;
	}

	public void setPrivateKeyLocation(@Nullable String privateKeyLocation) {
		this.privateKeyLocation = privateKeyLocation;
	}

	public @Nullable String getKeyId() {
		return this.keyId;
	}

	public void setKeyId(@Nullable String keyId) {
		this.keyId = keyId;
	}

	public @Nullable String getTokenEndpointAuthSigningAlg() {
		return this.tokenEndpointAuthSigningAlg;
	}

	public void setTokenEndpointAuthSigningAlg(@Nullable String tokenEndpointAuthSigningAlg) {
		this.tokenEndpointAuthSigningAlg = tokenEndpointAuthSigningAlg;
	}

	public @Nullable String getSubjectTokenFile() {
		return this.subjectTokenFile;
	}

	public void setSubjectTokenFile(@Nullable String subjectTokenFile) {
		this.subjectTokenFile = subjectTokenFile;
	}

	public @Nullable String getSubjectTokenType() {
		return this.subjectTokenType;
	}

	public void setSubjectTokenType(@Nullable String subjectTokenType) {
		this.subjectTokenType = subjectTokenType;
	}

	public Set<String> getScopes() {
		return this.scopes;
	}

	public void setScopes(Set<String> scopes) {
		this.scopes = scopes;
	}

	/**
	 * How a client authenticates at the token endpoint (RFC 7591, section 2).
	 */
	enum TokenEndpointAuthMethod {

		/**
		 * A public client, which has no secret.
		 */
		NONE,

		/**
		 * The secret in the Authorization header.
		 */
		CLIENT_SECRET_BASIC,

		/**
		 * The secret in the body.
		 */
		CLIENT_SECRET_POST,

		/**
		 * A signature by the client's private key.
		 */
		PRIVATE_KEY_JWT;

		String value() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
