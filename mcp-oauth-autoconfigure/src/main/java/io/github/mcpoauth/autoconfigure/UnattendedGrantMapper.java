// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.autoconfigure.OAuthClientProperties.TokenEndpointAuthMethod;
import io.github.mcpoauth.internal.protocol.ClientKey;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.principal.SubjectToken;
import org.jspecify.annotations.Nullable;

/**
 * Maps and checks the settings of an OAuth block that are about grants without a user,
 * and about keys.
 */
final class UnattendedGrantMapper {

	/**
	 * Parameters of the protocol. They have settings of their own.
	 */
	private static final Set<String> RESERVED = Set.of("grant_type", "client_id", "client_secret", "client_assertion",
			"client_assertion_type", "assertion", "subject_token", "subject_token_type", "scope", "resource");

	private final ConfigurationBlock block;

	private final OAuthProperties properties;

	UnattendedGrantMapper(ConfigurationBlock block, OAuthProperties properties) {
		this.block = block;
		this.properties = properties;
	}

	/**
	 * Check that each setting goes with the grant type.
	 */
	void check() {
		GrantType grantType = this.properties.getGrantType();
		requireGrantType("assertion-file", grantType, GrantType.JWT_BEARER);
		requireGrantType("subject-token-file", grantType, GrantType.TOKEN_EXCHANGE);
		requireGrantType("identity-provider", grantType, GrantType.JWT_BEARER);
		boolean hasId = ConfigurationBlock.text(this.properties.getClientId()) != null;
		boolean hasDocument = this.properties.usesClientMetadataDocument();
		if (grantType == GrantType.CLIENT_CREDENTIALS || grantType == GrantType.TOKEN_EXCHANGE) {
			this.block.problemIf(!hasId && !hasDocument, "client-id",
					"a grant of type %s needs a client".formatted(name(grantType)),
					"Register a client at the authorization server and set its identifier.");
		}
		if (grantType == GrantType.CLIENT_CREDENTIALS) {
			checkAuthenticates();
		}
		boolean bound = ConfigurationBlock.text(this.properties.getAuthorizationServer()) != null;
		this.block.problemIf(grantType == GrantType.TOKEN_EXCHANGE && !bound, "authorization-server",
				"users' tokens are sent to it, so it must not be left to the MCP server to name it",
				"Set it to the issuer of the authorization server that exchanges them.");
		this.block.problemIf(
				grantType == GrantType.JWT_BEARER && this.properties.getIdentityProvider() == null && !bound,
				"authorization-server",
				"assertions are sent to it, so it must not be left to the MCP server to name it",
				"Set it to the issuer of the authorization server that accepts them.");
		this.block.problemIf(
				this.properties.getAssertionFile() != null && this.properties.getIdentityProvider() != null,
				"assertion-file", "the assertion comes from the identity provider or from a file, not from both",
				"Remove it, or '%s'.", "identity-provider");
		checkParameters(grantType);
	}

	private void checkAuthenticates() {
		boolean authenticates = this.block.isSet("client-secret") || this.block.isSet("private-key")
				|| this.block.isSet("private-key-location");
		this.block.problemIf(
				!authenticates || this.properties.getTokenEndpointAuthMethod() == TokenEndpointAuthMethod.NONE,
				"grant-type", "a client without a secret or a key has no credentials of its own", "Set '%s' or '%s'.",
				"client-secret", "private-key-location");
	}

	private void checkParameters(GrantType grantType) {
		this.block.problemIf(grantType.needsUser() && !this.properties.getTokenParameters().isEmpty(),
				"token-parameters", "they are for grants without a user", "Remove them, or set '%s'.", "grant-type");
		this.properties.getTokenParameters()
			.keySet()
			.stream()
			.filter(RESERVED::contains)
			.forEach((name) -> this.block.problem("token-parameters",
					"'%s' is a parameter that other settings decide".formatted(name), "Remove it."));
	}

	private void requireGrantType(String property, GrantType grantType, GrantType required) {
		if (grantType != required && this.block.isSet(property)) {
			this.block.problem(property, "it is for grants of type %s".formatted(name(required)),
					"Remove it, or set '%s: %s'.".formatted(this.block.name("grant-type"), name(required)));
		}
	}

	/**
	 * Map the client's key.
	 * @return the key, {@code null} if absent or unusable
	 */
	@Nullable SigningKey signingKey() {
		return signingKey(this.block, this.properties, ConfigurationBlock.text(this.properties.getClientId()) != null
				|| this.properties.getClientMetadataUrl() != null);
	}

	private static @Nullable SigningKey signingKey(ConfigurationBlock block, OAuthClientProperties client,
			boolean hasClient) {
		TokenEndpointAuthMethod method = client.getTokenEndpointAuthMethod();
		Path file = block.file("private-key-location", client.getPrivateKeyLocation());
		boolean inPlace = client.getPrivateKey() != null;
		if (!inPlace && file == null) {
			block.problemIf(method == TokenEndpointAuthMethod.PRIVATE_KEY_JWT, "token-endpoint-auth-method",
					"a client signs with its key, and there is none", "Set '%s'.", "private-key-location");
			return null;
		}
		if (inPlace && file != null) {
			block.problem("private-key-location", "the key is set twice, as a value and as a file",
					"Remove it, or '%s'.".formatted(block.name("private-key")));
			return null;
		}
		String property = inPlace ? "private-key" : "private-key-location";
		block.problemIf(!hasClient, property, "a key is of no use without the client it belongs to", "Set '%s'.",
				"client-id");
		block.problemIf(method != null && method != TokenEndpointAuthMethod.PRIVATE_KEY_JWT,
				"token-endpoint-auth-method", "a client with a key authenticates with private_key_jwt",
				"Remove it, or '%s'.", property);
		SigningKey key = new SigningKey(client.getPrivateKey(), file,
				ConfigurationBlock.text(client.getTokenEndpointAuthSigningAlg()),
				ConfigurationBlock.text(client.getKeyId()));
		return checked(block, property, key);
	}

	/**
	 * Read the key once, so that a key that cannot be used is reported at the start. A
	 * key in a file may not be there yet.
	 */
	private static @Nullable SigningKey checked(ConfigurationBlock block, String property, SigningKey key) {
		if (key.file() != null) {
			return key;
		}
		try {
			ClientKey.read(key, Instant.now());
			return key;
		}
		catch (ExchangeException ex) {
			block.problem(property, String.valueOf(ex.getMessage()),
					"Use PKCS #8 in PEM ('-----BEGIN PRIVATE KEY-----') or a JSON Web Key, RSA or elliptic curve.");
			return null;
		}
	}

	/**
	 * Map the identity provider.
	 * @return the identity provider, {@code null} if absent or unusable
	 */
	@Nullable IdentityProvider identityProvider() {
		IdentityProviderProperties provider = this.properties.getIdentityProvider();
		if (provider == null) {
			return null;
		}
		ConfigurationBlock block = this.block.block("identity-provider");
		String clientId = ConfigurationBlock.text(provider.getClientId());
		String issuer = ConfigurationBlock.text(provider.getIssuer());
		URI tokenEndpoint = provider.getTokenEndpoint();
		block.problemIf(issuer == null && tokenEndpoint == null, "issuer",
				"the address of the identity provider is missing", "Set it to its issuer, or set '%s'.",
				"token-endpoint");
		checkAddress(block, "issuer", issuer);
		checkAddress(block, "token-endpoint", (tokenEndpoint != null) ? tokenEndpoint.toString() : null);
		SigningKey key = signingKey(block, provider, true);
		if (clientId == null) {
			block.problem("client-id", "the identity provider has to know which client asks",
					"Register a client there and set its identifier.");
			return null;
		}
		TokenEndpointAuthMethod method = provider.getTokenEndpointAuthMethod();
		String subjectTokenType = provider.getSubjectTokenType();
		return new IdentityProvider(issuer, tokenEndpoint,
				new IdentityProvider.Client(clientId, provider.getClientSecret(), key,
						(method != null) ? method.value() : null),
				block.file("subject-token-file", provider.getSubjectTokenFile()),
				(subjectTokenType != null) ? subjectTokenType : SubjectToken.ID_TOKEN,
				ConfigurationBlock.scopes(provider.getScopes()));
	}

	private static void checkAddress(ConfigurationBlock block, String property, @Nullable String address) {
		URI uri = (address != null) ? ConfigurationBlock.uri(address) : null;
		boolean usable = uri != null && uri.getHost() != null && uri.getRawUserInfo() == null
				&& uri.getRawFragment() == null && ConfigurationBlock.isSecure(uri);
		block.problemIf(address != null && !usable, property, "it is not an https address",
				"Use the https address of the identity provider.");
	}

	static String name(GrantType grantType) {
		return switch (grantType) {
			case AUTHORIZATION_CODE, CLIENT_CREDENTIALS -> grantType.value();
			case JWT_BEARER -> "jwt-bearer";
			case TOKEN_EXCHANGE -> "token-exchange";
		};
	}

}
