// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.principal.SubjectToken;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * The MCP servers that this application calls.
 *
 * @param servers MCP servers by name. The name is what commands, files and messages call
 * the server.
 */
@ConfigurationProperties("mcp")
record McpServersProperties(@DefaultValue Map<String, Server> servers) {

	McpServersProperties {
		servers = Collections.unmodifiableMap(new LinkedHashMap<>(servers));
	}

	/**
	 * One MCP server.
	 *
	 * @param url Address of the MCP endpoint, http or https. That of the Spring AI
	 * connection of the same name, below
	 * 'spring.ai.mcp.client.streamable-http.connections', when not set.
	 * @param oauth OAuth settings. 'true', an empty block or no block at all mean the
	 * defaults, 'false' turns OAuth off for this server.
	 */
	@ConfigurationPropertiesSource
	record Server(@Nullable String url, @Nullable OAuth oauth) {

		/**
		 * What a name without a block, or with anything else in its place, means until it
		 * is looked at more closely.
		 * @param text the text
		 * @return a server of which nothing is said
		 */
		public static Server valueOf(String text) {
			return new Server(null, null);
		}

	}

	/**
	 * OAuth settings of one MCP server.
	 *
	 * @param enabled Whether requests to this server get a token.
	 * @param clientId Identifier of a pre-registered client. Uses a client ID metadata
	 * document or dynamic registration when not set.
	 * @param clientSecret Secret of the pre-registered client. Not set for a public
	 * client.
	 * @param tokenEndpointAuthMethod How the client authenticates at the token endpoint.
	 * Chosen from what the authorization server supports when not set.
	 * @param clientMetadataUrl Address of a client ID metadata document, https and with a
	 * path, to use as client identifier where the authorization server supports that.
	 * @param cimd Whether the client ID metadata document may be used.
	 * @param clientName Name shown to the person who consents, used for dynamic
	 * registration.
	 * @param scope Scopes to ask for as one text separated by spaces. Another spelling of
	 * 'scopes'.
	 * @param scopes Scopes to ask for, as a list or as one text separated by spaces. Asks
	 * for what the server advertises when empty.
	 * @param redirectUri Complete redirect URI, for example of a proxy in front of this
	 * application. Must be https unless it is on loopback. Built from the loopback
	 * listener when not set.
	 * @param redirectHost Loopback host that the redirect URI names and the listener
	 * binds.
	 * @param redirectPort Port of the loopback listener. '0' reuses the registered port
	 * or takes a free one.
	 * @param resource Resource indicator (RFC 8707) to send instead of the one that the
	 * server's metadata names, or 'none' to send none.
	 * @param authorizationServer Issuer of the authorization server to use instead of
	 * what the server's metadata names.
	 * @param authorizeParameters Further parameters for the authorization request, for
	 * example 'prompt'.
	 * @param callbackTimeout How long a login waits for the person. If a duration suffix
	 * is not specified, seconds will be used.
	 * @param timeout How long a login waits for the person. Another spelling of
	 * 'callback-timeout'.
	 * @param userAgent User-Agent of requests to the authorization server. It is
	 * 'mcp-oauth/' and the version when not set.
	 * @param requirePkce Whether an authorization server is refused whose metadata does
	 * not list PKCE with S256.
	 * @param dpop Whether tokens are bound to a key (DPoP, RFC 9449), so that a stolen
	 * one is of no use. 'auto' does where the server demands it, and where it and its
	 * authorization server both show that they speak DPoP.
	 * @param grantType How the access token is got: by a person who logs in, or without
	 * one.
	 * @param privateKey Private key that the client authenticates with (private_key_jwt),
	 * PKCS #8 in PEM or a JSON Web Key, RSA or elliptic curve.
	 * @param privateKeyLocation File with the private key, in place of 'private-key'. It
	 * is read again for every token request.
	 * @param keyId Name of the private key for the authorization server. That of the JSON
	 * Web Key when not set.
	 * @param tokenEndpointAuthSigningAlg Signature algorithm of private_key_jwt, for
	 * example 'PS256'. The one that the key names or is made for, RS256 for RSA, when not
	 * set.
	 * @param assertionFile File with the assertion of grant type jwt-bearer, for example
	 * the token of a Kubernetes service account. It is read again for every token
	 * request.
	 * @param subjectTokenFile File with the user's token of grant type token-exchange. It
	 * is read again for every token request.
	 * @param subjectTokenType Type of the token in 'subject-token-file' (RFC 8693,
	 * section 3).
	 * @param identityProvider Identity provider that issues the assertion of grant type
	 * jwt-bearer for a user's token (enterprise-managed authorization).
	 * @param tokenParameters Further parameters for the token request of a grant without
	 * a person, for example 'audience'.
	 */
	@ConfigurationPropertiesSource
	record OAuth(@DefaultValue("true") boolean enabled, @Nullable String clientId, @Nullable Secret clientSecret,
			@Nullable TokenEndpointAuthMethod tokenEndpointAuthMethod, @Nullable URI clientMetadataUrl,
			@DefaultValue("true") boolean cimd, @DefaultValue(OAuthSettings.DEFAULT_CLIENT_NAME) String clientName,
			@DefaultValue Set<String> scopes, @Nullable String scope, @Nullable URI redirectUri,
			@DefaultValue(OAuthSettings.DEFAULT_REDIRECT_HOST) String redirectHost, @DefaultValue("0") int redirectPort,
			@Nullable String resource, @Nullable String authorizationServer,
			@DefaultValue Map<String, String> authorizeParameters,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration callbackTimeout,
			@Nullable @DurationUnit(ChronoUnit.SECONDS) Duration timeout, @Nullable String userAgent,
			@DefaultValue("true") boolean requirePkce, @DefaultValue("auto") DPoPSwitch dpop,
			@DefaultValue("authorization_code") GrantType grantType, @Nullable Secret privateKey,
			@Nullable String privateKeyLocation, @Nullable String keyId, @Nullable String tokenEndpointAuthSigningAlg,
			@Nullable String assertionFile, @Nullable String subjectTokenFile,
			@DefaultValue(SubjectToken.ACCESS_TOKEN) String subjectTokenType,
			@Nullable IdentityProvider identityProvider, @DefaultValue Map<String, String> tokenParameters) {

		OAuth {
			scopes = scopes.isEmpty() ? Set.of() : Collections.unmodifiableSet(scopes);
			authorizeParameters = authorizeParameters.isEmpty() ? Map.of()
					: Collections.unmodifiableMap(authorizeParameters);
			tokenParameters = tokenParameters.isEmpty() ? Map.of() : Collections.unmodifiableMap(tokenParameters);
		}

		OAuth withEnabled(boolean enabled) {
			return new OAuth(enabled, this.clientId, this.clientSecret, this.tokenEndpointAuthMethod,
					this.clientMetadataUrl, this.cimd, this.clientName, this.scopes, this.scope, this.redirectUri,
					this.redirectHost, this.redirectPort, this.resource, this.authorizationServer,
					this.authorizeParameters, this.callbackTimeout, this.timeout, this.userAgent, this.requirePkce,
					this.dpop, this.grantType, this.privateKey, this.privateKeyLocation, this.keyId,
					this.tokenEndpointAuthSigningAlg, this.assertionFile, this.subjectTokenFile, this.subjectTokenType,
					this.identityProvider, this.tokenParameters);
		}

		/**
		 * What {@code oauth: true} and {@code oauth: false} mean in YAML.
		 * @param enabled whether OAuth is on
		 * @return default settings
		 */
		public static OAuth valueOf(Boolean enabled) {
			return new OAuth(enabled, null, null, null, null, true, OAuthSettings.DEFAULT_CLIENT_NAME, Set.of(), null,
					null, OAuthSettings.DEFAULT_REDIRECT_HOST, 0, null, null, Map.of(),
					OAuthSettings.DEFAULT_CALLBACK_TIMEOUT, null, null, true, DPoPSwitch.AUTO,
					GrantType.AUTHORIZATION_CODE, null, null, null, null, null, null, SubjectToken.ACCESS_TOKEN, null,
					Map.of());
		}

		/**
		 * What {@code oauth=true}, {@code oauth=false} and {@code oauth=} mean where
		 * everything is text.
		 * @param text the text
		 * @return default settings
		 */
		public static OAuth valueOf(String text) {
			return valueOf(OAuthSwitch.isOn(text));
		}

	}

	/**
	 * Whether tokens are bound to a key. The names are what is written.
	 */
	enum DPoPSwitch {

		/**
		 * Where both sides speak DPoP.
		 */
		AUTO(OAuthSettings.DPoP.AUTO),

		/**
		 * A key is offered to any authorization server.
		 */
		TRUE(OAuthSettings.DPoP.ALWAYS),

		/**
		 * No key is offered.
		 */
		FALSE(OAuthSettings.DPoP.NEVER);

		private final OAuthSettings.DPoP setting;

		DPoPSwitch(OAuthSettings.DPoP setting) {
			this.setting = setting;
		}

		OAuthSettings.DPoP setting() {
			return this.setting;
		}

	}

	/**
	 * Identity provider of an enterprise.
	 *
	 * @param issuer Issuer of the identity provider, whose metadata names its token
	 * endpoint.
	 * @param tokenEndpoint Token endpoint of the identity provider. That of its metadata
	 * when not set.
	 * @param clientId Identifier of this application's client at the identity provider.
	 * @param clientSecret Secret of that client. Not set for a public client.
	 * @param tokenEndpointAuthMethod How that client authenticates. Chosen from what the
	 * identity provider supports when not set.
	 * @param privateKey Private key that the client authenticates with (private_key_jwt),
	 * PKCS #8 in PEM or a JSON Web Key.
	 * @param privateKeyLocation File with the private key, in place of 'private-key'.
	 * @param keyId Name of the private key for the identity provider.
	 * @param tokenEndpointAuthSigningAlg Signature algorithm of private_key_jwt.
	 * @param subjectTokenFile File with the user's token. It is read again for every
	 * token request.
	 * @param subjectTokenType Type of the token in 'subject-token-file' (RFC 8693,
	 * section 3).
	 * @param scopes Scopes to ask for at the identity provider. Those of the MCP server
	 * when empty.
	 */
	@ConfigurationPropertiesSource
	record IdentityProvider(@Nullable String issuer, @Nullable URI tokenEndpoint, @Nullable String clientId,
			@Nullable Secret clientSecret, @Nullable TokenEndpointAuthMethod tokenEndpointAuthMethod,
			@Nullable Secret privateKey, @Nullable String privateKeyLocation, @Nullable String keyId,
			@Nullable String tokenEndpointAuthSigningAlg, @Nullable String subjectTokenFile,
			@DefaultValue(SubjectToken.ID_TOKEN) String subjectTokenType, @DefaultValue Set<String> scopes) {

		IdentityProvider {
			scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		}

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
