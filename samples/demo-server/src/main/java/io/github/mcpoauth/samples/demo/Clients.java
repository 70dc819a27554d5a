// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.AuthorizationGrantType;
import org.springframework.security.oauth2.core.ClientAuthenticationMethod;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.server.authorization.OAuth2ClientRegistration;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.security.oauth2.server.authorization.converter.OAuth2ClientRegistrationRegisteredClientConverter;
import org.springframework.security.oauth2.server.authorization.settings.ClientSettings;
import org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat;
import org.springframework.security.oauth2.server.authorization.settings.TokenSettings;
import org.springframework.stereotype.Component;

/**
 * Keeps clients in memory: those that registered themselves, and {@code demo-client} with
 * the secret {@code demo-secret}, {@code demo-public-client} without one, and
 * {@code demo-key-client} with a key.
 */
@Component
final class Clients implements RegisteredClientRepository {

	/** Scopes that a client may ask for. */
	static final List<String> SCOPES = List.of(ProtectedResource.SCOPE, "offline_access", "openid");

	private static final String CONFIGURED_CLIENT = "demo-client";

	private static final String PUBLIC_CLIENT = "demo-public-client";

	private static final String KEY_CLIENT = "demo-key-client";

	private static final Set<String> CONFIGURED_CLIENTS = Set.of(CONFIGURED_CLIENT, PUBLIC_CLIENT, KEY_CLIENT);

	private static final String REDIRECT_URI = "http://127.0.0.1/callback";

	private final Map<String, RegisteredClient> clients = new ConcurrentHashMap<>();

	private final OAuth2ClientRegistrationRegisteredClientConverter converter = new OAuth2ClientRegistrationRegisteredClientConverter();

	private final DemoProperties properties;

	Clients(DemoProperties properties, PasswordEncoder passwordEncoder) {
		this.properties = properties;
		save(settings(RegisteredClient.withId(CONFIGURED_CLIENT)
			.clientId(CONFIGURED_CLIENT)
			.clientSecret(passwordEncoder.encode("demo-secret"))
			.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC)
			.clientAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_POST)
			.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
			.authorizationGrantType(AuthorizationGrantType.DEVICE_CODE)
			.authorizationGrantType(AuthorizationGrantType.TOKEN_EXCHANGE)
			.redirectUri(REDIRECT_URI)).build());
		save(settings(RegisteredClient.withId(PUBLIC_CLIENT)
			.clientId(PUBLIC_CLIENT)
			.clientAuthenticationMethod(ClientAuthenticationMethod.NONE)
			.redirectUri(REDIRECT_URI)).build());
		URI jwkSetUrl = properties.jwkSetUrl();
		if (jwkSetUrl != null) {
			save(settings(RegisteredClient.withId(KEY_CLIENT)
				.clientId(KEY_CLIENT)
				.clientAuthenticationMethod(ClientAuthenticationMethod.PRIVATE_KEY_JWT)
				.authorizationGrantType(AuthorizationGrantType.CLIENT_CREDENTIALS)
				.authorizationGrantType(AuthorizationGrantType.DEVICE_CODE)
				.redirectUri(REDIRECT_URI))
				.clientSettings(clientSettings().jwkSetUrl(jwkSetUrl.toString())
					.tokenEndpointAuthenticationSigningAlgorithm(SignatureAlgorithm.ES256)
					.build())
				.build());
		}
	}

	/**
	 * Read a registration. Every client gets a secret, even without asking: otherwise
	 * there would be no refresh token. The answer tells the client so.
	 * @param registration the request
	 * @return the client, not saved yet
	 */
	RegisteredClient read(OAuth2ClientRegistration registration) {
		OAuth2ClientRegistration confidential = registration;
		if (ClientAuthenticationMethod.NONE.getValue().equals(registration.getTokenEndpointAuthenticationMethod())) {
			confidential = OAuth2ClientRegistration.withClaims(registration.getClaims())
				.tokenEndpointAuthenticationMethod(ClientAuthenticationMethod.CLIENT_SECRET_BASIC.getValue())
				.build();
		}
		return settings(RegisteredClient.from(this.converter.convert(confidential))).build();
	}

	private RegisteredClient.Builder settings(RegisteredClient.Builder client) {
		return client.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.authorizationGrantType(AuthorizationGrantType.REFRESH_TOKEN)
			.scopes((scopes) -> {
				scopes.retainAll(SCOPES);
				if (scopes.isEmpty()) {
					scopes.addAll(SCOPES);
				}
			})
			.clientSettings(clientSettings().build())
			.tokenSettings(TokenSettings.builder()
				.accessTokenFormat(OAuth2TokenFormat.REFERENCE)
				.accessTokenTimeToLive(this.properties.accessTokenTtl())
				.refreshTokenTimeToLive(this.properties.refreshTokenTtl())
				.reuseRefreshTokens(false)
				.build());
	}

	private ClientSettings.Builder clientSettings() {
		return ClientSettings.builder().requireProofKey(true).requireAuthorizationConsent(!this.properties.autoLogin());
	}

	/**
	 * Forget the clients that registered themselves.
	 * @return how many there were
	 */
	int forgetRegistered() {
		int before = this.clients.size();
		this.clients.keySet().removeIf((id) -> !CONFIGURED_CLIENTS.contains(id));
		return before - this.clients.size();
	}

	@Override
	public void save(RegisteredClient client) {
		this.clients.put(client.getId(), client);
	}

	@Override
	public @Nullable RegisteredClient findById(String id) {
		return this.clients.get(id);
	}

	@Override
	public @Nullable RegisteredClient findByClientId(String clientId) {
		return this.clients.values()
			.stream()
			.filter((client) -> client.getClientId().equals(clientId))
			.findFirst()
			.orElse(null);
	}

}
