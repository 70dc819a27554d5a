// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.SubjectToken;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * How this application is an OAuth client of one MCP server. {@link #defaults()} is
 * enough for a server that supports discovery and registration.
 *
 * @param clientId identifier of a pre-registered client, {@code null} to use a client ID
 * metadata document or dynamic registration
 * @param clientSecret secret of the pre-registered client, {@code null} for a public one
 * @param tokenEndpointAuthMethod how the client authenticates (RFC 7591, section 2),
 * {@code null} to choose from what the server supports
 * @param clientMetadataUrl https address of a client ID metadata document to use as
 * client identifier where the server supports that, {@code null} for none
 * @param clientName name shown to the person who consents
 * @param scopes scopes to ask for; when empty, those of the challenge, else those of the
 * protected resource metadata
 * @param redirectUri complete redirect URI, for example of a proxy in front of this
 * application, {@code null} to build it from the bound loopback listener
 * @param redirectHost host the loopback redirect URI names and the listener binds
 * @param redirectPort port of the loopback listener, 0 for a free one
 * @param resource resource indicator (RFC 8707) to send instead of the metadata's,
 * {@code null} for the metadata's
 * @param sendResource whether a resource indicator is sent at all
 * @param authorizationServer issuer to use instead of what the protected resource
 * metadata names, {@code null} for the metadata's
 * @param requirePkce whether to refuse an authorization server whose metadata does not
 * list PKCE with S256
 * @param dpop whether tokens are bound to a key (RFC 9449)
 * @param authorizeParameters further parameters for the authorization request
 * @param callbackTimeout how long a login waits for the person
 * @param userAgent the {@code User-Agent} of requests to the authorization server,
 * {@code null} for {@code mcp-oauth/<version>}
 * @param grantType how the access token is got
 * @param signingKey private key that the client authenticates with, {@code null} for none
 * @param assertionFile file with the assertion of a grant of type
 * {@link GrantType#JWT_BEARER}, {@code null} to ask the {@link AssertionSupplier}
 * @param subjectTokenFile file with the user's token of a grant of type
 * {@link GrantType#TOKEN_EXCHANGE}, {@code null} to ask the {@link SubjectTokenSupplier}
 * @param subjectTokenType type of the token in that file (RFC 8693, section 3)
 * @param identityProvider who issues the assertion of a grant of type
 * {@link GrantType#JWT_BEARER}, {@code null} if that comes from elsewhere
 * @param tokenParameters further parameters for the token request of a grant that needs
 * no person
 */
public record OAuthSettings(@Nullable String clientId, @Nullable Secret clientSecret,
		@Nullable String tokenEndpointAuthMethod, @Nullable URI clientMetadataUrl, String clientName,
		Set<String> scopes, @Nullable URI redirectUri, String redirectHost, int redirectPort, @Nullable String resource,
		boolean sendResource, @Nullable String authorizationServer, boolean requirePkce, DPoP dpop,
		Map<String, String> authorizeParameters, Duration callbackTimeout, @Nullable String userAgent,
		GrantType grantType, @Nullable SigningKey signingKey, @Nullable Path assertionFile,
		@Nullable Path subjectTokenFile, String subjectTokenType, @Nullable IdentityProvider identityProvider,
		Map<String, String> tokenParameters) {

	/**
	 * Default name shown to the person who consents.
	 */
	public static final String DEFAULT_CLIENT_NAME = "MCP agent";

	/**
	 * Default host of the loopback redirect URI.
	 */
	public static final String DEFAULT_REDIRECT_HOST = "127.0.0.1";

	/**
	 * Default time that a login waits for the person.
	 */
	public static final Duration DEFAULT_CALLBACK_TIMEOUT = Duration.ofMinutes(5);

	private static final OAuthSettings DEFAULTS = builder().build();

	public OAuthSettings {
		scopes = scopes.isEmpty() ? Set.of() : Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		authorizeParameters = copyOf(authorizeParameters);
		tokenParameters = copyOf(tokenParameters);
	}

	private static Map<String, String> copyOf(Map<String, String> parameters) {
		return parameters.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

	/**
	 * Settings that discover and register everything.
	 * @return the default settings
	 */
	public static OAuthSettings defaults() {
		return DEFAULTS;
	}

	/**
	 * Start from the defaults.
	 * @return a new builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Whether tokens are bound to a key, so that whoever steals one cannot use it (DPoP,
	 * RFC 9449). The authorization server decides: a token that it does not bind is used
	 * as a bearer token.
	 */
	public enum DPoP {

		/**
		 * Where the server demands it, and where it and its authorization server both
		 * show that they speak DPoP.
		 */
		AUTO,

		/**
		 * A key is offered to any authorization server.
		 */
		ALWAYS,

		/**
		 * No key is offered.
		 */
		NEVER

	}

	/**
	 * Collects settings that differ from the defaults.
	 */
	public static final class Builder {

		private @Nullable String clientId;

		private @Nullable Secret clientSecret;

		private @Nullable String tokenEndpointAuthMethod;

		private @Nullable URI clientMetadataUrl;

		private String clientName = DEFAULT_CLIENT_NAME;

		private Set<String> scopes = Set.of();

		private @Nullable URI redirectUri;

		private String redirectHost = DEFAULT_REDIRECT_HOST;

		private int redirectPort;

		private @Nullable String resource;

		private boolean sendResource = true;

		private @Nullable String authorizationServer;

		private boolean requirePkce = true;

		private DPoP dpop = DPoP.AUTO;

		private Map<String, String> authorizeParameters = Map.of();

		private Duration callbackTimeout = DEFAULT_CALLBACK_TIMEOUT;

		private @Nullable String userAgent;

		private GrantType grantType = GrantType.AUTHORIZATION_CODE;

		private @Nullable SigningKey signingKey;

		private @Nullable Path assertionFile;

		private @Nullable Path subjectTokenFile;

		private String subjectTokenType = SubjectToken.ACCESS_TOKEN;

		private @Nullable IdentityProvider identityProvider;

		private Map<String, String> tokenParameters = Map.of();

		private Builder() {
		}

		/**
		 * Use a pre-registered client.
		 * @param clientId its identifier
		 * @return this
		 */
		public Builder clientId(@Nullable String clientId) {
			this.clientId = clientId;
			return this;
		}

		/**
		 * Authenticate the pre-registered client.
		 * @param clientSecret its secret
		 * @return this
		 */
		public Builder clientSecret(@Nullable Secret clientSecret) {
			this.clientSecret = clientSecret;
			return this;
		}

		/**
		 * Fix how the client authenticates.
		 * @param tokenEndpointAuthMethod for example {@code client_secret_basic}
		 * @return this
		 */
		public Builder tokenEndpointAuthMethod(@Nullable String tokenEndpointAuthMethod) {
			this.tokenEndpointAuthMethod = tokenEndpointAuthMethod;
			return this;
		}

		/**
		 * Offer a client ID metadata document.
		 * @param clientMetadataUrl its https address
		 * @return this
		 */
		public Builder clientMetadataUrl(@Nullable URI clientMetadataUrl) {
			this.clientMetadataUrl = clientMetadataUrl;
			return this;
		}

		/**
		 * Name the client to the person who consents.
		 * @param clientName the name
		 * @return this
		 */
		public Builder clientName(String clientName) {
			Assert.hasText(clientName, "'clientName' must not be empty");
			this.clientName = clientName;
			return this;
		}

		/**
		 * Ask for these scopes only.
		 * @param scopes the scopes, in order
		 * @return this
		 */
		public Builder scopes(Set<String> scopes) {
			this.scopes = scopes;
			return this;
		}

		/**
		 * Send the browser back to this address.
		 * @param redirectUri a loopback or https address
		 * @return this
		 */
		public Builder redirectUri(@Nullable URI redirectUri) {
			this.redirectUri = redirectUri;
			return this;
		}

		/**
		 * Name the loopback host.
		 * @param redirectHost {@code 127.0.0.1}, {@code localhost} or {@code [::1]}
		 * @return this
		 */
		public Builder redirectHost(String redirectHost) {
			Assert.hasText(redirectHost, "'redirectHost' must not be empty");
			this.redirectHost = redirectHost;
			return this;
		}

		/**
		 * Fix the port of the loopback listener.
		 * @param redirectPort the port, 0 for a free one
		 * @return this
		 */
		public Builder redirectPort(int redirectPort) {
			this.redirectPort = redirectPort;
			return this;
		}

		/**
		 * Send this resource indicator, whatever the metadata says.
		 * @param resource an absolute URI without fragment
		 * @return this
		 */
		public Builder resource(@Nullable String resource) {
			this.resource = resource;
			return this;
		}

		/**
		 * Say whether a resource indicator is sent at all.
		 * @param sendResource {@code false} for servers that refuse it
		 * @return this
		 */
		public Builder sendResource(boolean sendResource) {
			this.sendResource = sendResource;
			return this;
		}

		/**
		 * Use this authorization server, whatever the metadata says.
		 * @param authorizationServer its issuer identifier
		 * @return this
		 */
		public Builder authorizationServer(@Nullable String authorizationServer) {
			this.authorizationServer = authorizationServer;
			return this;
		}

		/**
		 * Say whether an authorization server must list PKCE with S256.
		 * @param requirePkce {@code false} for servers that support it and do not say so
		 * @return this
		 */
		public Builder requirePkce(boolean requirePkce) {
			this.requirePkce = requirePkce;
			return this;
		}

		/**
		 * Say whether tokens are bound to a key.
		 * @param dpop when to offer a key
		 * @return this
		 */
		public Builder dpop(DPoP dpop) {
			this.dpop = dpop;
			return this;
		}

		/**
		 * Add parameters to the authorization request.
		 * @param authorizeParameters names and values
		 * @return this
		 */
		public Builder authorizeParameters(Map<String, String> authorizeParameters) {
			this.authorizeParameters = authorizeParameters;
			return this;
		}

		/**
		 * Bound how long a login waits for the person.
		 * @param callbackTimeout a positive duration
		 * @return this
		 */
		public Builder callbackTimeout(Duration callbackTimeout) {
			this.callbackTimeout = callbackTimeout;
			return this;
		}

		/**
		 * Set the {@code User-Agent} of requests to the authorization server.
		 * @param userAgent the header value
		 * @return this
		 */
		public Builder userAgent(@Nullable String userAgent) {
			this.userAgent = userAgent;
			return this;
		}

		/**
		 * Say how the access token is got.
		 * @param grantType the grant type
		 * @return this
		 */
		public Builder grantType(GrantType grantType) {
			this.grantType = grantType;
			return this;
		}

		/**
		 * Authenticate the client with a signature.
		 * @param signingKey its private key
		 * @return this
		 */
		public Builder signingKey(@Nullable SigningKey signingKey) {
			this.signingKey = signingKey;
			return this;
		}

		/**
		 * Take the assertion from a file.
		 * @param assertionFile the file
		 * @return this
		 */
		public Builder assertionFile(@Nullable Path assertionFile) {
			this.assertionFile = assertionFile;
			return this;
		}

		/**
		 * Take the user's token from a file.
		 * @param subjectTokenFile the file
		 * @param subjectTokenType type of the token (RFC 8693, section 3)
		 * @return this
		 */
		public Builder subjectTokenFile(@Nullable Path subjectTokenFile, String subjectTokenType) {
			this.subjectTokenFile = subjectTokenFile;
			this.subjectTokenType = subjectTokenType;
			return this;
		}

		/**
		 * Have an identity provider issue the assertion.
		 * @param identityProvider the identity provider
		 * @return this
		 */
		public Builder identityProvider(@Nullable IdentityProvider identityProvider) {
			this.identityProvider = identityProvider;
			return this;
		}

		/**
		 * Add parameters to the token request of a grant that needs no person.
		 * @param tokenParameters names and values
		 * @return this
		 */
		public Builder tokenParameters(Map<String, String> tokenParameters) {
			this.tokenParameters = tokenParameters;
			return this;
		}

		/**
		 * Build the settings.
		 * @return the settings
		 */
		public OAuthSettings build() {
			return new OAuthSettings(this.clientId, this.clientSecret, this.tokenEndpointAuthMethod,
					this.clientMetadataUrl, this.clientName, this.scopes, this.redirectUri, this.redirectHost,
					this.redirectPort, this.resource, this.sendResource, this.authorizationServer, this.requirePkce,
					this.dpop, this.authorizeParameters, this.callbackTimeout, this.userAgent, this.grantType,
					this.signingKey, this.assertionFile, this.subjectTokenFile, this.subjectTokenType,
					this.identityProvider, this.tokenParameters);
		}

	}

}
