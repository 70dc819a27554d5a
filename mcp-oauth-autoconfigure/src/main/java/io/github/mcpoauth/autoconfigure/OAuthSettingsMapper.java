// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.autoconfigure.OAuthClientProperties.TokenEndpointAuthMethod;
import io.github.mcpoauth.autoconfigure.OAuthProperties.ToolLister;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.principal.SubjectToken;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Maps the OAuth block of one server, and checks the rules that span its properties.
 */
final class OAuthSettingsMapper {

	private static final String NO_RESOURCE = "none";

	private final ConfigurationBlock block;

	private final OAuthProperties properties;

	/**
	 * The settings that have no effect where Spring Security obtains the tokens.
	 */
	private static final List<String> OTHERS = KnownProperties.of(OAuthProperties.class)
		.names()
		.stream()
		.filter((name) -> !List.of("enabled", "registration", "list-tools-as", "refresh-all").contains(name))
		.toList();

	private final OwnClient ownClient;

	/**
	 * Create a mapper.
	 * @param block the block of one server
	 * @param properties its bound properties
	 * @param ownClient the client to use where the properties name no client
	 */
	OAuthSettingsMapper(ConfigurationBlock block, OAuthProperties properties, OwnClient ownClient) {
		this.block = block;
		this.properties = properties;
		this.ownClient = ownClient;
	}

	OAuthSettings map() {
		checkClient();
		checkRedirect();
		UnattendedGrantMapper unattended = new UnattendedGrantMapper(this.block, this.properties);
		unattended.check();
		OAuthProperties properties = this.properties;
		boolean sendResource = !NO_RESOURCE.equalsIgnoreCase(ConfigurationBlock.text(properties.getResource()));
		return OAuthSettings.builder()
			.clientId(ConfigurationBlock.text(properties.getClientId()))
			.clientSecret(properties.getClientSecret())
			.tokenEndpointAuthMethod((properties.getTokenEndpointAuthMethod() != null)
					? properties.getTokenEndpointAuthMethod().value() : null)
			.clientMetadataUrl(usesOwnClient() ? this.ownClient.url()
					: properties.usesClientMetadataDocument() ? clientMetadataUrl() : null)
			.clientMetadataKey(usesOwnClient() ? this.ownClient.signingKey() : null)
			.clientName(StringUtils.hasText(properties.getClientName()) ? properties.getClientName().strip()
					: OAuthSettings.DEFAULT_CLIENT_NAME)
			.registration(registration())
			.scopes(scopes())
			.redirectUri(properties.getRedirectUri())
			.redirectHost(redirectHost())
			.redirectPort(redirectPort())
			.resource(sendResource ? resource() : null)
			.sendResource(sendResource)
			.authorizationServer(authorizationServer())
			.requirePkce(properties.isRequirePkce())
			.dpop(properties.getDpop().setting())
			.authorizeParameters(properties.getAuthorizeParameters())
			.callbackTimeout(callbackTimeout())
			.userAgent(userAgent())
			.grantType(properties.getGrantType())
			.signingKey(unattended.signingKey())
			.assertionFile(this.block.file("assertion-file", properties.getAssertionFile()))
			.refreshAll(properties.isRefreshAll() && properties.getRegistration() == null)
			.listToolsAsApplication(properties.getListToolsAs() == ToolLister.APPLICATION)
			.subjectTokenFile(this.block.file("subject-token-file", properties.getSubjectTokenFile()),
					(properties.getSubjectTokenType() != null) ? properties.getSubjectTokenType()
							: SubjectToken.ACCESS_TOKEN)
			.identityProvider(unattended.identityProvider())
			.tokenParameters(properties.getTokenParameters())
			.build();
	}

	/**
	 * A method or key in the properties is for another client than the application's own.
	 */
	private boolean usesOwnClient() {
		OAuthProperties properties = this.properties;
		return properties.acceptsOwnClient() && properties.getRegistration() == null
				&& ConfigurationBlock.text(properties.getClientId()) == null && properties.getGrantType().needsUser()
				&& properties.getTokenEndpointAuthMethod() == null && properties.getPrivateKey() == null
				&& ConfigurationBlock.text(properties.getPrivateKeyLocation()) == null;
	}

	/**
	 * Where Spring Security obtains the tokens, a setting of ours would have no effect.
	 */
	private @Nullable String registration() {
		String registration = ConfigurationBlock.text(this.properties.getRegistration());
		if (registration != null) {
			OTHERS.stream()
				.filter(this.block::isSet)
				.forEach((name) -> this.block.problem(name,
						"Spring Security obtains the tokens, with '%s'".formatted(this.block.name("registration")),
						"Remove it, and set it below 'spring.security.oauth2.client'."));
		}
		return registration;
	}

	private void checkClient() {
		OAuthProperties properties = this.properties;
		boolean hasSecret = properties.getClientSecret() != null;
		boolean hasId = ConfigurationBlock.text(properties.getClientId()) != null;
		TokenEndpointAuthMethod method = properties.getTokenEndpointAuthMethod();
		this.block.problemIf(hasSecret && !hasId, "client-secret",
				"a client secret is of no use without the client it belongs to",
				"Set '%s' as well, or remove the secret.", "client-id");
		this.block.problemIf(hasId && !hasSecret && this.block.isSet("client-secret"), "client-secret",
				"the client secret is empty", "Set the secret, or remove the property if the client is a public one.");
		boolean signs = properties.getPrivateKey() != null
				|| ConfigurationBlock.text(properties.getPrivateKeyLocation()) != null;
		this.block.problemIf(hasSecret && method == TokenEndpointAuthMethod.NONE, "token-endpoint-auth-method",
				"a client that does not authenticate has no secret",
				"Remove '%s', or use client_secret_basic or client_secret_post.", "client-secret");
		this.block.problemIf(hasId && !hasSecret && method != null && method != TokenEndpointAuthMethod.NONE
				&& method != TokenEndpointAuthMethod.PRIVATE_KEY_JWT && !signs && !this.block.isSet("client-secret"),
				"token-endpoint-auth-method", "a client authenticates with its secret, and there is none",
				"Set '%s', or use none.", "client-secret");
	}

	private void checkRedirect() {
		URI redirectUri = this.properties.getRedirectUri();
		if (redirectUri == null) {
			return;
		}
		if (!ConfigurationBlock.isSecure(redirectUri)) {
			this.block.problem("redirect-uri", "the redirect URI is neither https nor on loopback",
					"Use https, or http with 127.0.0.1, [::1] or localhost.");
		}
		else if (redirectUri.getRawFragment() != null || redirectUri.getRawUserInfo() != null) {
			this.block.problem("redirect-uri", "the redirect URI has a fragment or a user name",
					"Remove it (RFC 6749, section 3.1.2).");
		}
	}

	private @Nullable URI clientMetadataUrl() {
		URI url = this.properties.getClientMetadataUrl();
		if (url == null) {
			return null;
		}
		String path = url.getRawPath();
		if (!"https".equalsIgnoreCase(url.getScheme()) || url.getHost() == null) {
			this.block.problem("client-metadata-url", "the address of a client ID metadata document must be https",
					"Publish the document by https.");
		}
		else if (!StringUtils.hasLength(path) || "/".equals(path) || path.matches(".*/\\.{1,2}(/.*)?")) {
			this.block.problem("client-metadata-url",
					"the address of a client ID metadata document must have a path without dot segments",
					"Use an address such as https://example.com/oauth/client.json.");
		}
		else if (url.getRawFragment() != null || url.getRawUserInfo() != null) {
			this.block.problem("client-metadata-url",
					"the address of a client ID metadata document must not have a fragment or a user name",
					"Remove it.");
		}
		return url;
	}

	private Set<String> scopes() {
		this.block.problemIf(this.block.isSet("scope") && this.block.isSet("scopes"), "scope",
				"scopes are set twice, as 'scope' and as 'scopes'", "Remove one of them.");
		return ConfigurationBlock.scopes(this.properties.getScopes());
	}

	private String redirectHost() {
		String host = ConfigurationBlock.text(this.properties.getRedirectHost());
		if (host == null) {
			return OAuthSettings.DEFAULT_REDIRECT_HOST;
		}
		String literal = (host.contains(":") && !host.startsWith("[")) ? "[" + host + "]" : host;
		this.block.problemIf(
				!UrlPolicy.isLoopback(
						URI.create("http://" + (literal.matches("[\\[\\]A-Za-z0-9.:-]+") ? literal : "invalid"))),
				"redirect-host", "the listener waits on loopback only",
				"Use 127.0.0.1, ::1 or localhost; for a proxy in front of this application set '%s'.", "redirect-uri");
		return host;
	}

	private int redirectPort() {
		int port = this.properties.getRedirectPort();
		if (port < 0 || port > 65535) {
			this.block.problem("redirect-port", "%d is not a port".formatted(port), "Use a number from 0 to 65535.");
			return 0;
		}
		return port;
	}

	private @Nullable String resource() {
		String resource = ConfigurationBlock.text(this.properties.getResource());
		if (resource != null) {
			URI uri = ConfigurationBlock.uri(resource.toLowerCase(Locale.ROOT));
			this.block.problemIf(uri == null || !uri.isAbsolute() || uri.getRawFragment() != null, "resource",
					"a resource indicator is an absolute URI without a fragment (RFC 8707, section 2)",
					"Use the URI that the server expects, 'none' to send none, or remove the property to use what the server's metadata says.");
		}
		return resource;
	}

	private @Nullable String authorizationServer() {
		String issuer = ConfigurationBlock.text(this.properties.getAuthorizationServer());
		if (issuer != null) {
			URI uri = ConfigurationBlock.uri(issuer.toLowerCase(Locale.ROOT));
			this.block.problemIf(
					uri == null || uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null
							|| uri.getRawUserInfo() != null || !ConfigurationBlock.isSecure(uri),
					"authorization-server",
					"an issuer is an https address without query, fragment and user name (RFC 8414, section 2)",
					"Use the 'issuer' of the authorization server's metadata, character by character.");
		}
		return issuer;
	}

	private Duration callbackTimeout() {
		String name = this.block.isSet("timeout") ? "timeout" : "callback-timeout";
		this.block.problemIf(this.block.isSet("timeout") && this.block.isSet("callback-timeout"), name,
				"the time a login waits is set twice, as 'timeout' and as 'callback-timeout'", "Remove one of them.");
		Duration timeout = this.properties.getCallbackTimeout();
		if (timeout.isNegative() || timeout.isZero()) {
			this.block.problem(name, "a login needs time to wait for the user",
					"Use a positive duration, for example 5m.");
			return OAuthSettings.DEFAULT_CALLBACK_TIMEOUT;
		}
		return timeout;
	}

	private @Nullable String userAgent() {
		String userAgent = ConfigurationBlock.text(this.properties.getUserAgent());
		if (userAgent != null && userAgent.chars().anyMatch(Character::isISOControl)) {
			this.block.problem("user-agent", "a header cannot contain control characters", "Write it on one line.");
			return null;
		}
		return userAgent;
	}

}
