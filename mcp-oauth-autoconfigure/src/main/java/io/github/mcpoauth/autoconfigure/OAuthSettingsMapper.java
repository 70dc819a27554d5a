// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.autoconfigure.McpServersProperties.OAuth;
import io.github.mcpoauth.autoconfigure.McpServersProperties.TokenEndpointAuthMethod;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.util.StringUtils;

/**
 * Maps the OAuth block of one server, and checks the rules that span its properties.
 */
final class OAuthSettingsMapper {

	private static final String NO_RESOURCE = "none";

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	private final ConfigurationPropertyName prefix;

	private final OAuth properties;

	OAuthSettingsMapper(ConfigurationLookup lookup, ProblemCollector problems, ConfigurationPropertyName prefix,
			OAuth properties) {
		this.lookup = lookup;
		this.problems = problems;
		this.prefix = prefix;
		this.properties = properties;
	}

	OAuthSettings map() {
		checkClient();
		checkRedirect();
		UnattendedGrantMapper unattended = new UnattendedGrantMapper(this.lookup, this.problems, this.prefix,
				this.properties);
		unattended.check();
		OAuth properties = this.properties;
		boolean sendResource = !NO_RESOURCE.equalsIgnoreCase(text(properties.resource()));
		URI clientMetadataUrl = clientMetadataUrl();
		return OAuthSettings.builder()
			.clientId(text(properties.clientId()))
			.clientSecret(properties.clientSecret())
			.tokenEndpointAuthMethod((properties.tokenEndpointAuthMethod() != null)
					? properties.tokenEndpointAuthMethod().value() : null)
			.clientMetadataUrl(properties.cimd() ? clientMetadataUrl : null)
			.clientName(StringUtils.hasText(properties.clientName()) ? properties.clientName().strip()
					: OAuthSettings.DEFAULT_CLIENT_NAME)
			.scopes(scopes())
			.redirectUri(properties.redirectUri())
			.redirectHost(redirectHost())
			.redirectPort(redirectPort())
			.resource(sendResource ? resource() : null)
			.sendResource(sendResource)
			.authorizationServer(authorizationServer())
			.requirePkce(properties.requirePkce())
			.dpop(properties.dpop().setting())
			.authorizeParameters(properties.authorizeParameters())
			.callbackTimeout(callbackTimeout())
			.userAgent(userAgent())
			.grantType(properties.grantType())
			.signingKey(unattended.signingKey())
			.assertionFile(unattended.file("assertion-file", properties.assertionFile()))
			.subjectTokenFile(unattended.file("subject-token-file", properties.subjectTokenFile()),
					properties.subjectTokenType())
			.identityProvider(unattended.identityProvider())
			.tokenParameters(properties.tokenParameters())
			.build();
	}

	private void checkClient() {
		OAuth properties = this.properties;
		boolean hasSecret = properties.clientSecret() != null;
		boolean hasId = text(properties.clientId()) != null;
		TokenEndpointAuthMethod method = properties.tokenEndpointAuthMethod();
		if (hasSecret && !hasId) {
			problem("client-secret", "a client secret is of no use without the client it belongs to",
					"Set '%s' as well, or remove the secret.".formatted(this.prefix.append("client-id")));
		}
		if (hasId && !hasSecret && isSet("client-secret")) {
			problem("client-secret", "the client secret is empty",
					"Set the secret, or remove the property if the client is a public one.");
		}
		boolean signs = properties.privateKey() != null || text(properties.privateKeyLocation()) != null;
		if (hasSecret && method == TokenEndpointAuthMethod.NONE) {
			problem("token-endpoint-auth-method", "a client that does not authenticate has no secret",
					"Remove '%s', or use client_secret_basic or client_secret_post."
						.formatted(this.prefix.append("client-secret")));
		}
		if (hasId && !hasSecret && method != null && method != TokenEndpointAuthMethod.NONE
				&& method != TokenEndpointAuthMethod.PRIVATE_KEY_JWT && !signs && !isSet("client-secret")) {
			problem("token-endpoint-auth-method", "a client authenticates with its secret, and there is none",
					"Set '%s', or use none.".formatted(this.prefix.append("client-secret")));
		}
	}

	private void checkRedirect() {
		URI redirectUri = this.properties.redirectUri();
		if (redirectUri == null) {
			return;
		}
		boolean loopback = "http".equalsIgnoreCase(redirectUri.getScheme()) && UrlPolicy.isLoopback(redirectUri);
		boolean secure = "https".equalsIgnoreCase(redirectUri.getScheme()) && redirectUri.getHost() != null;
		if (!loopback && !secure) {
			problem("redirect-uri", "the redirect URI is neither https nor on loopback",
					"Use https, or http with 127.0.0.1, [::1] or localhost.");
		}
		else if (redirectUri.getRawFragment() != null || redirectUri.getRawUserInfo() != null) {
			problem("redirect-uri", "the redirect URI has a fragment or a user name",
					"Remove it (RFC 6749, section 3.1.2).");
		}
	}

	private @Nullable URI clientMetadataUrl() {
		URI url = this.properties.clientMetadataUrl();
		if (url == null) {
			return null;
		}
		String path = url.getRawPath();
		if (!"https".equalsIgnoreCase(url.getScheme()) || url.getHost() == null) {
			problem("client-metadata-url", "the address of a client ID metadata document must be https",
					"Publish the document by https.");
		}
		else if (!StringUtils.hasLength(path) || "/".equals(path) || path.matches(".*/\\.{1,2}(/.*)?")) {
			problem("client-metadata-url",
					"the address of a client ID metadata document must have a path without dot segments",
					"Use an address such as https://example.com/oauth/client.json.");
		}
		else if (url.getRawFragment() != null || url.getRawUserInfo() != null) {
			problem("client-metadata-url",
					"the address of a client ID metadata document must not have a fragment or a user name",
					"Remove it.");
		}
		return url;
	}

	private Set<String> scopes() {
		if (isSet("scope") && isSet("scopes")) {
			problem("scope", "scopes are set twice, as 'scope' and as 'scopes'", "Remove one of them.");
		}
		Set<String> scopes = new LinkedHashSet<>();
		String scope = this.properties.scope();
		split((scope != null) ? Set.of(scope) : this.properties.scopes(), scopes);
		return scopes;
	}

	private static void split(Collection<String> texts, Set<String> scopes) {
		for (String text : texts) {
			for (String scope : StringUtils.tokenizeToStringArray(text, " \t\r\n")) {
				scopes.add(scope);
			}
		}
	}

	private String redirectHost() {
		String host = text(this.properties.redirectHost());
		if (host == null) {
			return OAuthSettings.DEFAULT_REDIRECT_HOST;
		}
		String literal = (host.contains(":") && !host.startsWith("[")) ? "[" + host + "]" : host;
		if (!UrlPolicy
			.isLoopback(URI.create("http://" + (literal.matches("[\\[\\]A-Za-z0-9.:-]+") ? literal : "invalid")))) {
			problem("redirect-host", "the listener waits on loopback only",
					"Use 127.0.0.1, ::1 or localhost; for a proxy in front of this application set '%s'."
						.formatted(this.prefix.append("redirect-uri")));
		}
		return host;
	}

	private int redirectPort() {
		int port = this.properties.redirectPort();
		if (port < 0 || port > 65535) {
			problem("redirect-port", "%d is not a port".formatted(port), "Use a number from 0 to 65535.");
			return 0;
		}
		return port;
	}

	private @Nullable String resource() {
		String resource = text(this.properties.resource());
		if (resource != null) {
			URI uri = parse(resource);
			if (uri == null || !uri.isAbsolute() || uri.getRawFragment() != null) {
				problem("resource", "a resource indicator is an absolute URI without a fragment (RFC 8707, section 2)",
						"Use the URI that the server expects, 'none' to send none, or remove the property to use what the server's metadata says.");
			}
		}
		return resource;
	}

	private @Nullable String authorizationServer() {
		String issuer = text(this.properties.authorizationServer());
		if (issuer != null) {
			URI uri = parse(issuer);
			if (uri == null || uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null
					|| uri.getRawUserInfo() != null || !isSecure(uri)) {
				problem("authorization-server",
						"an issuer is an https address without query, fragment and user name (RFC 8414, section 2)",
						"Use the 'issuer' of the authorization server's metadata, character by character.");
			}
		}
		return issuer;
	}

	private static boolean isSecure(URI uri) {
		return "https".equalsIgnoreCase(uri.getScheme())
				|| ("http".equalsIgnoreCase(uri.getScheme()) && UrlPolicy.isLoopback(uri));
	}

	private Duration callbackTimeout() {
		Duration timeout = this.properties.timeout();
		if (timeout != null && isSet("callback-timeout")) {
			problem("timeout", "the time a login waits is set twice, as 'timeout' and as 'callback-timeout'",
					"Remove one of them.");
		}
		Duration effective = (timeout != null) ? timeout : this.properties.callbackTimeout();
		if (effective.isNegative() || effective.isZero()) {
			problem((timeout != null) ? "timeout" : "callback-timeout", "a login cannot wait for no time",
					"Use a positive duration, for example 5m.");
			return OAuthSettings.DEFAULT_CALLBACK_TIMEOUT;
		}
		return effective;
	}

	private @Nullable String userAgent() {
		String userAgent = text(this.properties.userAgent());
		if (userAgent != null && userAgent.chars().anyMatch(Character::isISOControl)) {
			problem("user-agent", "a header cannot contain control characters", "Write it on one line.");
			return null;
		}
		return userAgent;
	}

	private boolean isSet(String property) {
		return this.lookup.isSet(this.prefix.append(property));
	}

	private void problem(String property, String reason, String action) {
		this.problems.add(this.prefix.append(property), reason, action);
	}

	private static @Nullable String text(@Nullable String text) {
		return StringUtils.hasText(text) ? text.strip() : null;
	}

	private static @Nullable URI parse(String text) {
		try {
			return new URI(text.toLowerCase(Locale.ROOT));
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

}
