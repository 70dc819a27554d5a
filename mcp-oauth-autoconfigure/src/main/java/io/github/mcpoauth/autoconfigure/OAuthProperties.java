// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.OAuthSettings;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.convert.DurationUnit;

/**
 * OAuth settings of one MCP server. The names are flat, so this is a bean and no record.
 * Its setters take no primitive types: for each of those that is not set, Spring Boot
 * throws and catches four exceptions.
 */
@ConfigurationPropertiesSource
final class OAuthProperties extends OAuthClientProperties {

	/**
	 * Whether requests to this server get a token.
	 */
	private boolean enabled = true;

	/**
	 * Client registration of Spring Security with which the application logs its users
	 * in. Its tokens are used for this server, so no other setting of a client is
	 * allowed.
	 */
	private @Nullable String registration;

	/**
	 * Address of a client ID metadata document, https and with a path, to use as client
	 * identifier where the authorization server supports that.
	 */
	private @Nullable URI clientMetadataUrl;

	/**
	 * Name shown on the consent page, used for dynamic registration.
	 */
	private String clientName = "MCP agent";

	/**
	 * Complete redirect URI, for example of a proxy in front of this application. Must be
	 * https unless it is on loopback. Built from the loopback listener when not set.
	 */
	private @Nullable URI redirectUri;

	/**
	 * Loopback host that the redirect URI names and the listener binds.
	 */
	private String redirectHost = "127.0.0.1";

	/**
	 * Port of the loopback listener. '0' reuses the registered port or takes a free one.
	 */
	private int redirectPort = 0;

	/**
	 * Resource indicator (RFC 8707) to send instead of the one that the server's metadata
	 * names, or 'none' to send none.
	 */
	private @Nullable String resource;

	/**
	 * Issuer of the authorization server to use instead of the one that the server's
	 * metadata names.
	 */
	private @Nullable String authorizationServer;

	/**
	 * Further parameters for the authorization request, for example 'prompt'.
	 */
	private Map<String, String> authorizeParameters = Map.of();

	/**
	 * How long a login waits for the user. If a duration suffix is not specified, seconds
	 * will be used.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration callbackTimeout = Duration.ofMinutes(5);

	/**
	 * User-Agent of requests to the authorization server. It is 'mcp-oauth/' and the
	 * version when not set.
	 */
	private @Nullable String userAgent;

	/**
	 * Whether to refuse an authorization server if its metadata does not list PKCE with
	 * S256.
	 */
	private boolean requirePkce = true;

	/**
	 * Whether tokens are bound to a key (DPoP, RFC 9449), so that a stolen one cannot be
	 * used. 'auto' does so where the server demands it, and where it and its
	 * authorization server both show that they support DPoP.
	 */
	private DPoPSwitch dpop = DPoPSwitch.AUTO;

	/**
	 * Whether 'mcp refresh --all' refreshes the token of this server.
	 */
	private boolean refreshAll = true;

	/**
	 * The grant that lists the tools of this server, where requests are for different
	 * principals. 'application' if the server lists them without a user, or the
	 * application has a grant of its own. Calls use the grant of the principal.
	 */
	private ToolLister listToolsAs = ToolLister.PRINCIPAL;

	/**
	 * How the access token is obtained: by a user's login, or without a user.
	 */
	private GrantType grantType = GrantType.AUTHORIZATION_CODE;

	/**
	 * File with the assertion of grant type jwt-bearer, for example the token of a
	 * Kubernetes service account. It is read again for every token request.
	 */
	private @Nullable String assertionFile;

	/**
	 * Identity provider that issues the assertion of grant type jwt-bearer for a user's
	 * token (enterprise-managed authorization).
	 */
	@NestedConfigurationProperty
	private @Nullable IdentityProviderProperties identityProvider;

	/**
	 * Further parameters for the token request of a grant without a user, for example
	 * 'audience'.
	 */
	private Map<String, String> tokenParameters = Map.of();

	private @Nullable String scope;

	@DurationUnit(ChronoUnit.SECONDS)
	private @Nullable Duration timeout;

	private boolean cimd = true;

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(Boolean enabled) {
		this.enabled = enabled;
	}

	public @Nullable String getRegistration() {
		return this.registration;
	}

	public void setRegistration(@Nullable String registration) {
		this.registration = registration;
	}

	public @Nullable URI getClientMetadataUrl() {
		return this.clientMetadataUrl;
	}

	public void setClientMetadataUrl(@Nullable URI clientMetadataUrl) {
		this.clientMetadataUrl = clientMetadataUrl;
	}

	public String getClientName() {
		return this.clientName;
	}

	public void setClientName(String clientName) {
		this.clientName = clientName;
	}

	/**
	 * Whether a client ID metadata document is to be used.
	 * @return {@code false} without an address, and with Hermes agent's
	 * {@code cimd: false}
	 */
	boolean usesClientMetadataDocument() {
		return this.cimd && this.clientMetadataUrl != null;
	}

	/**
	 * Whether the application may be a client by its own document.
	 * @return {@code false} with the address of another document, and with
	 * {@code cimd: false}
	 */
	boolean acceptsOwnClient() {
		return this.cimd && this.clientMetadataUrl == null;
	}

	public @Nullable URI getRedirectUri() {
		return this.redirectUri;
	}

	public void setRedirectUri(@Nullable URI redirectUri) {
		this.redirectUri = redirectUri;
	}

	public String getRedirectHost() {
		return this.redirectHost;
	}

	public void setRedirectHost(String redirectHost) {
		this.redirectHost = redirectHost;
	}

	public int getRedirectPort() {
		return this.redirectPort;
	}

	public void setRedirectPort(Integer redirectPort) {
		this.redirectPort = redirectPort;
	}

	public @Nullable String getResource() {
		return this.resource;
	}

	public void setResource(@Nullable String resource) {
		this.resource = resource;
	}

	public @Nullable String getAuthorizationServer() {
		return this.authorizationServer;
	}

	public void setAuthorizationServer(@Nullable String authorizationServer) {
		this.authorizationServer = authorizationServer;
	}

	public Map<String, String> getAuthorizeParameters() {
		return this.authorizeParameters;
	}

	public void setAuthorizeParameters(Map<String, String> authorizeParameters) {
		this.authorizeParameters = authorizeParameters;
	}

	public Duration getCallbackTimeout() {
		return (this.timeout != null) ? this.timeout : this.callbackTimeout;
	}

	public void setCallbackTimeout(Duration callbackTimeout) {
		this.callbackTimeout = callbackTimeout;
	}

	public @Nullable String getUserAgent() {
		return this.userAgent;
	}

	public void setUserAgent(@Nullable String userAgent) {
		this.userAgent = userAgent;
	}

	public boolean isRequirePkce() {
		return this.requirePkce;
	}

	public void setRequirePkce(Boolean requirePkce) {
		this.requirePkce = requirePkce;
	}

	public DPoPSwitch getDpop() {
		return this.dpop;
	}

	public void setDpop(DPoPSwitch dpop) {
		this.dpop = dpop;
	}

	public boolean isRefreshAll() {
		return this.refreshAll;
	}

	public void setRefreshAll(Boolean refreshAll) {
		this.refreshAll = refreshAll;
	}

	public ToolLister getListToolsAs() {
		return this.listToolsAs;
	}

	public void setListToolsAs(ToolLister listToolsAs) {
		this.listToolsAs = listToolsAs;
	}

	public GrantType getGrantType() {
		return this.grantType;
	}

	public void setGrantType(GrantType grantType) {
		this.grantType = grantType;
	}

	public @Nullable String getAssertionFile() {
		return this.assertionFile;
	}

	public void setAssertionFile(@Nullable String assertionFile) {
		this.assertionFile = assertionFile;
	}

	public @Nullable IdentityProviderProperties getIdentityProvider() {
		return this.identityProvider;
	}

	public void setIdentityProvider(@Nullable IdentityProviderProperties identityProvider) {
		this.identityProvider = identityProvider;
	}

	public Map<String, String> getTokenParameters() {
		return this.tokenParameters;
	}

	public void setTokenParameters(Map<String, String> tokenParameters) {
		this.tokenParameters = tokenParameters;
	}

	@Override
	public Set<String> getScopes() {
		return (this.scope != null) ? Set.of(this.scope) : super.getScopes();
	}

	// Hermes agent's spellings bind by these three setters, have no getter and are in no
	// metadata

	public void setScope(String scope) {
		this.scope = scope;
	}

	public void setTimeout(Duration timeout) {
		this.timeout = timeout;
	}

	public void setCimd(Boolean cimd) {
		this.cimd = cimd;
	}

	/**
	 * Converts {@code oauth: true} and {@code oauth: false} of YAML.
	 * @param enabled whether OAuth is on
	 * @return default settings
	 */
	public static OAuthProperties valueOf(Boolean enabled) {
		OAuthProperties properties = new OAuthProperties();
		properties.setEnabled(enabled);
		return properties;
	}

	/**
	 * Converts {@code oauth=true}, {@code oauth=false} and {@code oauth=} of sources that
	 * hold texts only.
	 * @param text the text
	 * @return default settings
	 */
	public static OAuthProperties valueOf(String text) {
		return valueOf(OAuthSwitch.isOn(text));
	}

	/**
	 * Whether tokens are bound to a key. The names are the values of the property.
	 */
	enum DPoPSwitch {

		/**
		 * Where the server and its authorization server both support DPoP.
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
	 * The grant that lists tools.
	 */
	enum ToolLister {

		/**
		 * That of the principal, so each has a list of tools.
		 */
		PRINCIPAL,

		/**
		 * That of the application, if it has one.
		 */
		APPLICATION

	}

}
