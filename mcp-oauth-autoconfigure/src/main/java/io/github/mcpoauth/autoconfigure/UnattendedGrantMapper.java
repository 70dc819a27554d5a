// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.autoconfigure.McpServersProperties.OAuth;
import io.github.mcpoauth.autoconfigure.McpServersProperties.TokenEndpointAuthMethod;
import io.github.mcpoauth.internal.protocol.ClientKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.util.StringUtils;

/**
 * Maps and checks what an OAuth block says about grants without a person, and about keys.
 */
final class UnattendedGrantMapper {

	/**
	 * Parameters of the protocol, which settings of their own decide.
	 */
	private static final Set<String> RESERVED = Set.of("grant_type", "client_id", "client_secret", "client_assertion",
			"client_assertion_type", "assertion", "subject_token", "subject_token_type", "scope", "resource");

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	private final ConfigurationPropertyName prefix;

	private final OAuth properties;

	UnattendedGrantMapper(ConfigurationLookup lookup, ProblemCollector problems, ConfigurationPropertyName prefix,
			OAuth properties) {
		this.lookup = lookup;
		this.problems = problems;
		this.prefix = prefix;
		this.properties = properties;
	}

	/**
	 * Check what belongs to which grant type.
	 */
	void check() {
		GrantType grantType = this.properties.grantType();
		requireGrantType("assertion-file", grantType, GrantType.JWT_BEARER);
		requireGrantType("subject-token-file", grantType, GrantType.TOKEN_EXCHANGE);
		requireGrantType("identity-provider", grantType, GrantType.JWT_BEARER);
		boolean hasId = text(this.properties.clientId()) != null;
		boolean hasDocument = this.properties.cimd() && this.properties.clientMetadataUrl() != null;
		if (grantType == GrantType.CLIENT_CREDENTIALS || grantType == GrantType.TOKEN_EXCHANGE) {
			if (!hasId && !hasDocument) {
				problem("client-id", "a grant of type %s needs a client".formatted(name(grantType)),
						"Register a client at the authorization server and set its identifier.");
			}
		}
		if (grantType == GrantType.CLIENT_CREDENTIALS) {
			checkAuthenticates();
		}
		if (grantType == GrantType.TOKEN_EXCHANGE && text(this.properties.authorizationServer()) == null) {
			problem("authorization-server",
					"users' tokens are sent there, and the MCP server is not the one to say where that is",
					"Set it to the issuer of the authorization server that exchanges them.");
		}
		if (this.properties.assertionFile() != null && this.properties.identityProvider() != null) {
			problem("assertion-file", "the assertion comes from the identity provider or from a file, not from both",
					"Remove it, or '%s'.".formatted(this.prefix.append("identity-provider")));
		}
		checkParameters(grantType);
	}

	private void checkAuthenticates() {
		boolean authenticates = isSet("client-secret") || isSet("private-key") || isSet("private-key-location");
		if (!authenticates || this.properties.tokenEndpointAuthMethod() == TokenEndpointAuthMethod.NONE) {
			problem("grant-type", "a client without a secret or a key has no credentials of its own",
					"Set '%s' or '%s'.".formatted(this.prefix.append("client-secret"),
							this.prefix.append("private-key-location")));
		}
	}

	private void checkParameters(GrantType grantType) {
		if (grantType.needsPerson() && !this.properties.tokenParameters().isEmpty()) {
			problem("token-parameters", "they are for grants without a person",
					"Remove them, or set '%s'.".formatted(this.prefix.append("grant-type")));
		}
		this.properties.tokenParameters()
			.keySet()
			.stream()
			.filter(RESERVED::contains)
			.forEach((name) -> problem("token-parameters",
					"'%s' is a parameter that other settings decide".formatted(name), "Remove it."));
	}

	private void requireGrantType(String property, GrantType grantType, GrantType required) {
		if (grantType != required && isSet(property)) {
			problem(property, "it is for grants of type %s".formatted(name(required)),
					"Remove it, or set '%s: %s'.".formatted(this.prefix.append("grant-type"), name(required)));
		}
	}

	/**
	 * The client's key.
	 * @return the key, {@code null} if there is none or it cannot be used
	 */
	@Nullable SigningKey signingKey() {
		OAuth oauth = this.properties;
		boolean hasClient = text(oauth.clientId()) != null || oauth.clientMetadataUrl() != null;
		return signingKey(this.prefix, oauth.privateKey(), oauth.privateKeyLocation(),
				oauth.tokenEndpointAuthSigningAlg(), oauth.keyId(), oauth.tokenEndpointAuthMethod(), hasClient);
	}

	private @Nullable SigningKey signingKey(ConfigurationPropertyName prefix, @Nullable Secret value,
			@Nullable String location, @Nullable String algorithm, @Nullable String keyId,
			@Nullable TokenEndpointAuthMethod method, boolean hasClient) {
		Path file = file(prefix.append("private-key-location"), location);
		boolean present = value != null || file != null;
		if (!present) {
			if (method == TokenEndpointAuthMethod.PRIVATE_KEY_JWT) {
				this.problems.add(prefix.append("token-endpoint-auth-method"),
						"a client signs with its key, and there is none",
						"Set '%s'.".formatted(prefix.append("private-key-location")));
			}
			return null;
		}
		if (value != null && file != null) {
			this.problems.add(prefix.append("private-key-location"), "the key is set twice, as a value and as a file",
					"Remove it, or '%s'.".formatted(prefix.append("private-key")));
			return null;
		}
		String property = (value != null) ? "private-key" : "private-key-location";
		if (!hasClient) {
			this.problems.add(prefix.append(property), "a key is of no use without the client it belongs to",
					"Set '%s'.".formatted(prefix.append("client-id")));
		}
		if (method != null && method != TokenEndpointAuthMethod.PRIVATE_KEY_JWT) {
			this.problems.add(prefix.append("token-endpoint-auth-method"),
					"a client with a key authenticates with private_key_jwt",
					"Remove it, or '%s'.".formatted(prefix.append(property)));
		}
		SigningKey key = new SigningKey(value, file, text(algorithm), text(keyId));
		return (value != null) ? checked(prefix.append(property), key) : key;
	}

	/**
	 * What is in a file may not be there yet.
	 */
	private @Nullable SigningKey checked(ConfigurationPropertyName property, SigningKey key) {
		try {
			ClientKey.read(key);
			return key;
		}
		catch (ExchangeException ex) {
			this.problems.add(property, String.valueOf(ex.getMessage()),
					"Use PKCS #8 in PEM ('-----BEGIN PRIVATE KEY-----') or a JSON Web Key, RSA or elliptic curve.");
			return null;
		}
	}

	/**
	 * The identity provider.
	 * @return the identity provider, {@code null} if there is none or it cannot be used
	 */
	@Nullable IdentityProvider identityProvider() {
		McpServersProperties.IdentityProvider provider = this.properties.identityProvider();
		if (provider == null) {
			return null;
		}
		ConfigurationPropertyName name = this.prefix.append("identity-provider");
		String clientId = text(provider.clientId());
		String issuer = text(provider.issuer());
		URI tokenEndpoint = provider.tokenEndpoint();
		if (issuer == null && tokenEndpoint == null) {
			this.problems.add(name.append("issuer"), "it is not known where the identity provider is",
					"Set it to its issuer, or set '%s'.".formatted(name.append("token-endpoint")));
		}
		checkAddress(name.append("issuer"), issuer);
		checkAddress(name.append("token-endpoint"), (tokenEndpoint != null) ? tokenEndpoint.toString() : null);
		SigningKey key = signingKey(name, provider.privateKey(), provider.privateKeyLocation(),
				provider.tokenEndpointAuthSigningAlg(), provider.keyId(), provider.tokenEndpointAuthMethod(), true);
		if (clientId == null) {
			this.problems.add(name.append("client-id"), "the identity provider has to know who asks",
					"Register a client there and set its identifier.");
			return null;
		}
		Set<String> scopes = new LinkedHashSet<>();
		provider.scopes()
			.forEach((scope) -> scopes.addAll(Set.of(StringUtils.tokenizeToStringArray(scope, " \t\r\n"))));
		return new IdentityProvider(issuer, tokenEndpoint, clientId, provider.clientSecret(), key,
				(provider.tokenEndpointAuthMethod() != null) ? provider.tokenEndpointAuthMethod().value() : null,
				file(name.append("subject-token-file"), provider.subjectTokenFile()), provider.subjectTokenType(),
				scopes);
	}

	private void checkAddress(ConfigurationPropertyName property, @Nullable String address) {
		URI uri = (address != null) ? uri(address) : null;
		boolean usable = uri != null && uri.getHost() != null && uri.getRawUserInfo() == null
				&& uri.getRawFragment() == null && ("https".equalsIgnoreCase(uri.getScheme())
						|| ("http".equalsIgnoreCase(uri.getScheme()) && UrlPolicy.isLoopback(uri)));
		if (address != null && !usable) {
			this.problems.add(property, "it is not an https address",
					"Use the https address of the identity provider.");
		}
	}

	private static @Nullable URI uri(String text) {
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	/**
	 * A file that a property names, by its path or a {@code file:} address.
	 * @param property name of the property
	 * @param location its value, {@code null} for none
	 * @return the file, {@code null} if there is none or it cannot be one
	 */
	@Nullable Path file(String property, @Nullable String location) {
		return file(this.prefix.append(property), location);
	}

	private @Nullable Path file(ConfigurationPropertyName property, @Nullable String location) {
		String text = text(location);
		if (text == null) {
			return null;
		}
		try {
			return text.startsWith("file:/") ? Path.of(URI.create(text)) : Path.of(text);
		}
		catch (IllegalArgumentException ex) {
			this.problems.add(property, "it is not the path of a file", "Use a path, for example /run/secrets/name.");
			return null;
		}
	}

	private static String name(GrantType grantType) {
		return switch (grantType) {
			case AUTHORIZATION_CODE, CLIENT_CREDENTIALS -> grantType.value();
			case JWT_BEARER -> "jwt-bearer";
			case TOKEN_EXCHANGE -> "token-exchange";
		};
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

}
