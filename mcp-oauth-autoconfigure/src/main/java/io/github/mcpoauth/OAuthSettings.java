// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.SubjectToken;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * How this application is an OAuth client of one MCP server. {@link #defaults()} is
 * enough for a server that supports discovery and registration. Two settings with the
 * same values are equal. The text form names neither secrets nor the values of
 * parameters.
 */
public final class OAuthSettings {

	/**
	 * Default name shown on the consent page.
	 */
	public static final String DEFAULT_CLIENT_NAME = "MCP agent";

	/**
	 * Default host of the loopback redirect URI.
	 */
	public static final String DEFAULT_REDIRECT_HOST = "127.0.0.1";

	/**
	 * Default time that a login waits for the user.
	 */
	public static final Duration DEFAULT_CALLBACK_TIMEOUT = Duration.ofMinutes(5);

	private static final OAuthSettings DEFAULTS = builder().build();

	private final Client client;

	private final Authorization authorization;

	private final Interactive login;

	private final Acquisition grant;

	private OAuthSettings(Client client, Authorization authorization, Interactive login, Acquisition grant) {
		this.client = client;
		this.authorization = authorization;
		this.login = login;
		this.grant = grant;
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
	 * The identifier of a pre-registered client.
	 * @return the identifier, {@code null} to use a client ID metadata document or
	 * dynamic registration
	 */
	public @Nullable String clientId() {
		return this.client.id();
	}

	/**
	 * The secret of the pre-registered client.
	 * @return the secret, {@code null} for a public client
	 */
	public @Nullable Secret clientSecret() {
		return this.client.secret();
	}

	/**
	 * How the client authenticates (RFC 7591, section 2).
	 * @return the method, {@code null} to choose from those that the server supports
	 */
	public @Nullable String tokenEndpointAuthMethod() {
		return this.client.authMethod();
	}

	/**
	 * The private key that the client authenticates with.
	 * @return the key, {@code null} if absent
	 */
	public @Nullable SigningKey signingKey() {
		return this.client.signingKey();
	}

	/**
	 * The https address of a client ID metadata document to use as client identifier
	 * where the server supports that.
	 * @return the address, {@code null} if absent
	 */
	public @Nullable URI clientMetadataUrl() {
		return this.client.metadataUrl();
	}

	/**
	 * The key whose public part that document publishes, used where the client has no
	 * {@link #signingKey()}.
	 * @return the key, {@code null} if absent
	 */
	public @Nullable SigningKey clientMetadataKey() {
		return this.client.metadataKey();
	}

	/**
	 * The name shown on the consent page.
	 * @return the name
	 */
	public String clientName() {
		return this.client.name();
	}

	/**
	 * The client registration of Spring Security that the application logs its users in
	 * with.
	 * @return the id of the registration, {@code null} if this library obtains the tokens
	 */
	public @Nullable String registration() {
		return this.client.registration();
	}

	/**
	 * The authorization server to use instead of the one that the protected resource
	 * metadata names.
	 * @return its issuer, {@code null} for the one in the metadata
	 */
	public @Nullable String authorizationServer() {
		return this.authorization.server();
	}

	/**
	 * The scopes to ask for.
	 * @return the scopes; when empty, those of the challenge, else those of the protected
	 * resource metadata
	 */
	public Set<String> scopes() {
		return this.authorization.scopes();
	}

	/**
	 * The resource indicator (RFC 8707) to send instead of the one in the metadata.
	 * @return the resource indicator, {@code null} for the one in the metadata
	 */
	public @Nullable String resource() {
		return this.authorization.resource();
	}

	/**
	 * Whether a resource indicator is sent at all.
	 * @return {@code true} by default
	 */
	public boolean sendResource() {
		return this.authorization.sendResource();
	}

	/**
	 * Whether to refuse an authorization server if its metadata does not list PKCE with
	 * S256.
	 * @return {@code true} by default
	 */
	public boolean requirePkce() {
		return this.authorization.requirePkce();
	}

	/**
	 * Whether tokens are bound to a key (RFC 9449).
	 * @return when a key is offered
	 */
	public DPoP dpop() {
		return this.authorization.dpop();
	}

	/**
	 * The {@code User-Agent} of requests to the authorization server.
	 * @return the header value, {@code null} for {@code mcp-oauth/<version>}
	 */
	public @Nullable String userAgent() {
		return this.authorization.userAgent();
	}

	/**
	 * The complete redirect URI, for example of a proxy in front of this application.
	 * @return the URI, {@code null} to build it from the bound loopback listener
	 */
	public @Nullable URI redirectUri() {
		return this.login.redirectUri();
	}

	/**
	 * The host that the loopback redirect URI names and the listener binds.
	 * @return the host
	 */
	public String redirectHost() {
		return this.login.redirectHost();
	}

	/**
	 * The port of the loopback listener.
	 * @return the port, 0 for a free one
	 */
	public int redirectPort() {
		return this.login.redirectPort();
	}

	/**
	 * Further parameters for the authorization request.
	 * @return names and values
	 */
	public Map<String, String> authorizeParameters() {
		return this.login.parameters();
	}

	/**
	 * How long a login waits for the user.
	 * @return the time
	 */
	public Duration callbackTimeout() {
		return this.login.timeout();
	}

	/**
	 * How the access token is obtained.
	 * @return the grant type
	 */
	public GrantType grantType() {
		return this.grant.type();
	}

	/**
	 * The file with the assertion of a grant of type {@link GrantType#JWT_BEARER}.
	 * @return the file, {@code null} to ask the {@link AssertionSupplier}
	 */
	public @Nullable Path assertionFile() {
		return this.grant.assertionFile();
	}

	/**
	 * The file with the user's token of a grant of type {@link GrantType#TOKEN_EXCHANGE}.
	 * @return the file, {@code null} to ask the {@link SubjectTokenSupplier}
	 */
	public @Nullable Path subjectTokenFile() {
		return this.grant.subjectTokenFile();
	}

	/**
	 * The type of the token in that file (RFC 8693, section 3).
	 * @return the type
	 */
	public String subjectTokenType() {
		return this.grant.subjectTokenType();
	}

	/**
	 * The identity provider that issues the assertion of a grant of type
	 * {@link GrantType#JWT_BEARER}.
	 * @return the identity provider, {@code null} if the assertion comes from elsewhere
	 */
	public @Nullable IdentityProvider identityProvider() {
		return this.grant.identityProvider();
	}

	/**
	 * Further parameters for the token request of a grant that needs no user.
	 * @return names and values
	 */
	public Map<String, String> tokenParameters() {
		return this.grant.parameters();
	}

	/**
	 * Whether {@code mcp refresh --all} refreshes the token of this server.
	 * @return {@code true} by default
	 */
	public boolean refreshAll() {
		return this.grant.refreshAll();
	}

	/**
	 * Whether the tools of the server are listed with the application's own grant, or
	 * without one, where calls use the grant of a principal.
	 * @return {@code false} if each principal has a list of tools
	 */
	public boolean listToolsAsApplication() {
		return this.grant.listToolsAsApplication();
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof OAuthSettings that && this.client.equals(that.client)
				&& this.authorization.equals(that.authorization) && this.login.equals(that.login)
				&& this.grant.equals(that.grant));
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.client, this.authorization, this.login, this.grant);
	}

	@Override
	public String toString() {
		return "OAuthSettings[%s, %s, %s, %s]".formatted(this.client, this.authorization, this.login, this.grant);
	}

	private static Map<String, String> copyOf(Map<String, String> parameters) {
		return parameters.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

	/**
	 * Whether tokens are bound to a key, so that a stolen one cannot be used (DPoP, RFC
	 * 9449). The authorization server decides: a token that it does not bind is used as a
	 * bearer token.
	 */
	public enum DPoP {

		/**
		 * Where the server demands it, and where it and its authorization server both
		 * show that they support DPoP.
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
	 * Identity and credentials of the client.
	 */
	private record Client(@Nullable String id, @Nullable Secret secret, @Nullable String authMethod,
			@Nullable SigningKey signingKey, @Nullable URI metadataUrl, @Nullable SigningKey metadataKey, String name,
			@Nullable String registration) {

	}

	/**
	 * The authorization server, and the authorization to ask it for.
	 */
	private record Authorization(@Nullable String server, Set<String> scopes, @Nullable String resource,
			boolean sendResource, boolean requirePkce, DPoP dpop, @Nullable String userAgent) {

		Authorization {
			scopes = scopes.isEmpty() ? Set.of() : Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		}

	}

	/**
	 * Login of a user.
	 */
	private record Interactive(@Nullable URI redirectUri, String redirectHost, int redirectPort,
			Map<String, String> parameters, Duration timeout) {

		Interactive {
			parameters = copyOf(parameters);
		}

		@Override
		public String toString() {
			return "redirectUri=%s, redirectHost=%s, redirectPort=%s, authorizeParameters=%s, callbackTimeout=%s"
				.formatted(this.redirectUri, this.redirectHost, this.redirectPort, this.parameters.keySet(),
						this.timeout);
		}

	}

	/**
	 * How a grant is obtained and kept.
	 */
	private record Acquisition(GrantType type, @Nullable Path assertionFile, @Nullable Path subjectTokenFile,
			String subjectTokenType, @Nullable IdentityProvider identityProvider, Map<String, String> parameters,
			boolean refreshAll, boolean listToolsAsApplication) {

		Acquisition {
			parameters = copyOf(parameters);
		}

		@Override
		public String toString() {
			return "grantType=%s, assertionFile=%s, subjectTokenFile=%s, subjectTokenType=%s, identityProvider=%s, tokenParameters=%s, refreshAll=%s, listToolsAsApplication=%s"
				.formatted(this.type, this.assertionFile, this.subjectTokenFile, this.subjectTokenType,
						this.identityProvider, this.parameters.keySet(), this.refreshAll, this.listToolsAsApplication);
		}

	}

	/**
	 * Collects settings that differ from the defaults.
	 */
	public static final class Builder {

		private @Nullable String clientId;

		private @Nullable Secret clientSecret;

		private @Nullable String tokenEndpointAuthMethod;

		private @Nullable SigningKey signingKey;

		private @Nullable URI clientMetadataUrl;

		private @Nullable SigningKey clientMetadataKey;

		private String clientName = DEFAULT_CLIENT_NAME;

		private @Nullable String registration;

		private @Nullable String authorizationServer;

		private Set<String> scopes = Set.of();

		private @Nullable String resource;

		private boolean sendResource = true;

		private boolean requirePkce = true;

		private DPoP dpop = DPoP.AUTO;

		private @Nullable String userAgent;

		private @Nullable URI redirectUri;

		private String redirectHost = DEFAULT_REDIRECT_HOST;

		private int redirectPort;

		private Map<String, String> authorizeParameters = Map.of();

		private Duration callbackTimeout = DEFAULT_CALLBACK_TIMEOUT;

		private GrantType grantType = GrantType.AUTHORIZATION_CODE;

		private @Nullable Path assertionFile;

		private @Nullable Path subjectTokenFile;

		private String subjectTokenType = SubjectToken.ACCESS_TOKEN;

		private @Nullable IdentityProvider identityProvider;

		private Map<String, String> tokenParameters = Map.of();

		private boolean refreshAll = true;

		private boolean listToolsAsApplication;

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
		 * Authenticate the client with a signature.
		 * @param signingKey its private key
		 * @return this
		 */
		public Builder signingKey(@Nullable SigningKey signingKey) {
			this.signingKey = signingKey;
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
		 * Authenticate the client of that document with a signature.
		 * @param clientMetadataKey its private keys
		 * @return this
		 */
		public Builder clientMetadataKey(@Nullable SigningKey clientMetadataKey) {
			this.clientMetadataKey = clientMetadataKey;
			return this;
		}

		/**
		 * Set the name that the consent page shows.
		 * @param clientName the name
		 * @return this
		 */
		public Builder clientName(String clientName) {
			Assert.hasText(clientName, "'clientName' must not be empty");
			this.clientName = clientName;
			return this;
		}

		/**
		 * Use the tokens of a client registration of Spring Security, with which the
		 * application logs its users in.
		 * @param registration id of the registration, or {@code null}
		 * @return this
		 */
		public Builder registration(@Nullable String registration) {
			this.registration = registration;
			return this;
		}

		/**
		 * Use this authorization server instead of the one that the metadata names.
		 * @param authorizationServer its issuer identifier
		 * @return this
		 */
		public Builder authorizationServer(@Nullable String authorizationServer) {
			this.authorizationServer = authorizationServer;
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
		 * Send this resource indicator instead of the one in the metadata.
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
		 * Say whether an authorization server must list PKCE with S256.
		 * @param requirePkce {@code false} for servers that support it without saying so
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
		 * Set the {@code User-Agent} of requests to the authorization server.
		 * @param userAgent the header value
		 * @return this
		 */
		public Builder userAgent(@Nullable String userAgent) {
			this.userAgent = userAgent;
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
		 * Add parameters to the authorization request.
		 * @param authorizeParameters names and values
		 * @return this
		 */
		public Builder authorizeParameters(Map<String, String> authorizeParameters) {
			this.authorizeParameters = authorizeParameters;
			return this;
		}

		/**
		 * Bound how long a login waits for the user.
		 * @param callbackTimeout a positive duration
		 * @return this
		 */
		public Builder callbackTimeout(Duration callbackTimeout) {
			this.callbackTimeout = callbackTimeout;
			return this;
		}

		/**
		 * Say how the access token is obtained.
		 * @param grantType the grant type
		 * @return this
		 */
		public Builder grantType(GrantType grantType) {
			this.grantType = grantType;
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
		 * Add parameters to the token request of a grant that needs no user.
		 * @param tokenParameters names and values
		 * @return this
		 */
		public Builder tokenParameters(Map<String, String> tokenParameters) {
			this.tokenParameters = tokenParameters;
			return this;
		}

		/**
		 * Say whether {@code mcp refresh --all} refreshes the token of this server.
		 * @param refreshAll {@code false} to leave it out
		 * @return this
		 */
		public Builder refreshAll(boolean refreshAll) {
			this.refreshAll = refreshAll;
			return this;
		}

		/**
		 * Say whether tools are listed with the application's own grant, where calls use
		 * the grant of a principal.
		 * @param listToolsAsApplication {@code true} if listing needs no user
		 * @return this
		 */
		public Builder listToolsAsApplication(boolean listToolsAsApplication) {
			this.listToolsAsApplication = listToolsAsApplication;
			return this;
		}

		/**
		 * Build the settings.
		 * @return the settings
		 */
		public OAuthSettings build() {
			return new OAuthSettings(
					new Client(this.clientId, this.clientSecret, this.tokenEndpointAuthMethod, this.signingKey,
							this.clientMetadataUrl, this.clientMetadataKey, this.clientName, this.registration),
					new Authorization(this.authorizationServer, this.scopes, this.resource, this.sendResource,
							this.requirePkce, this.dpop, this.userAgent),
					new Interactive(this.redirectUri, this.redirectHost, this.redirectPort, this.authorizeParameters,
							this.callbackTimeout),
					new Acquisition(this.grantType, this.assertionFile, this.subjectTokenFile, this.subjectTokenType,
							this.identityProvider, this.tokenParameters, this.refreshAll, this.listToolsAsApplication));
		}

	}

}
