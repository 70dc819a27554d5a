// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Authorization server metadata (RFC 8414, section 2; OpenID Connect Discovery 1.0,
 * section 3). Endpoints are as untrusted as the server that named them: check them with
 * the {@link UrlPolicy} before sending anything there.
 *
 * @param members all members of the document
 */
public record AuthorizationServerMetadata(Map<String, Object> members) {

	private static final String ISSUER = "issuer";

	private static final String TOKEN_ENDPOINT = "token_endpoint";

	/**
	 * Create the metadata, for example from a stored document.
	 * @param members all members of the document
	 * @throws IllegalArgumentException if they name no issuer or no token endpoint
	 */
	public AuthorizationServerMetadata {
		members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
		Assert.notNull(Members.text(members, ISSUER), "'members' must have an issuer");
		Assert.notNull(Members.uri(members, TOKEN_ENDPOINT), "'members' must have a token endpoint");
	}

	/**
	 * The issuer identifier.
	 * @return the identifier, byte for byte
	 */
	public String issuer() {
		String issuer = Members.text(this.members, ISSUER);
		Assert.state(issuer != null, "The constructor requires an issuer");
		return issuer;
	}

	/**
	 * The authorization endpoint.
	 * @return the address, or {@code null}
	 */
	public @Nullable URI authorizationEndpoint() {
		return Members.uri(this.members, "authorization_endpoint");
	}

	/**
	 * The token endpoint.
	 * @return the address
	 */
	public URI tokenEndpoint() {
		URI endpoint = Members.uri(this.members, TOKEN_ENDPOINT);
		Assert.state(endpoint != null, "The constructor requires a token endpoint");
		return endpoint;
	}

	/**
	 * The registration endpoint (RFC 7591).
	 * @return the address, or {@code null}
	 */
	public @Nullable URI registrationEndpoint() {
		return Members.uri(this.members, "registration_endpoint");
	}

	/**
	 * The device authorization endpoint (RFC 8628).
	 * @return the address, or {@code null}
	 */
	public @Nullable URI deviceAuthorizationEndpoint() {
		return Members.uri(this.members, "device_authorization_endpoint");
	}

	/**
	 * The pushed authorization request endpoint (RFC 9126).
	 * @return the address, or {@code null}
	 */
	public @Nullable URI pushedAuthorizationRequestEndpoint() {
		return Members.uri(this.members, "pushed_authorization_request_endpoint");
	}

	/**
	 * The revocation endpoint (RFC 7009).
	 * @return the address, or {@code null}
	 */
	public @Nullable URI revocationEndpoint() {
		return Members.uri(this.members, "revocation_endpoint");
	}

	/**
	 * How clients may authenticate at the token endpoint.
	 * @return names of methods, empty if the document does not say, which means
	 * {@code client_secret_basic}
	 */
	public List<String> authMethods() {
		return Members.texts(this.members, "token_endpoint_auth_methods_supported");
	}

	/**
	 * How clients may authenticate at the revocation endpoint.
	 * @return names of methods; those of the token endpoint if the document does not say
	 */
	public List<String> revocationAuthMethods() {
		List<String> methods = Members.texts(this.members, "revocation_endpoint_auth_methods_supported");
		return methods.isEmpty() ? authMethods() : methods;
	}

	/**
	 * The PKCE methods (RFC 7636).
	 * @return names of methods, empty if the document does not say, which means that PKCE
	 * is not supported
	 */
	public List<String> codeChallengeMethods() {
		return Members.texts(this.members, "code_challenge_methods_supported");
	}

	/**
	 * The scopes.
	 * @return the scopes, empty if the document does not say
	 */
	public List<String> scopesSupported() {
		return Members.texts(this.members, "scopes_supported");
	}

	/**
	 * The grant types.
	 * @return names of grant types, empty if the document does not say
	 */
	public List<String> grantTypes() {
		return Members.texts(this.members, "grant_types_supported");
	}

	/**
	 * Profiles of grants that are supported (Identity Assertion JWT Authorization Grant).
	 * @return URNs of profiles, empty if the document does not say
	 */
	public List<String> grantProfiles() {
		return Members.texts(this.members, "authorization_grant_profiles_supported");
	}

	/**
	 * Algorithms that may sign DPoP proofs (RFC 9449, section 5.1).
	 * @return names of JWS algorithms, empty if the document does not say, which means
	 * that DPoP is not supported
	 */
	public List<String> dpopAlgorithms() {
		return Members.texts(this.members, "dpop_signing_alg_values_supported");
	}

	/**
	 * Whether authorization responses name the issuer (RFC 9207).
	 * @return {@code true} if the document says so
	 */
	public boolean issParameterSupported() {
		return Members.flag(this.members, "authorization_response_iss_parameter_supported");
	}

	/**
	 * Whether the document describes an OpenID provider (OpenID Connect Discovery,
	 * section 3).
	 * @return {@code true} if it has a member that an OpenID provider must have
	 */
	public boolean isOpenIdProvider() {
		return this.members.containsKey("subject_types_supported")
				|| this.members.containsKey("id_token_signing_alg_values_supported")
				|| scopesSupported().contains("openid")
				|| Members.texts(this.members, "prompt_values_supported").contains("consent");
	}

	/**
	 * Whether the address of a client ID metadata document may be used as client
	 * identifier.
	 * @return {@code true} if the document says so
	 */
	public boolean clientIdMetadataDocumentSupported() {
		return Members.flag(this.members, "client_id_metadata_document_supported");
	}

}
