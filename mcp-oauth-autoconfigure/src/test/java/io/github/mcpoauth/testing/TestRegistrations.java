// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.AuthorizationGrantType;

/**
 * Registrations of Spring Security's OAuth 2.0 client.
 */
public final class TestRegistrations {

	private TestRegistrations() {
	}

	/**
	 * The client {@code client-1} with the secret {@code client-secret}, whose users log
	 * in.
	 * @param server the authorization server
	 * @return the registration {@code idp}
	 */
	public static ClientRegistration idp(TestAuthorizationServer server) {
		return ClientRegistration.withRegistrationId("idp")
			.authorizationGrantType(AuthorizationGrantType.AUTHORIZATION_CODE)
			.clientId("client-1")
			.clientSecret("client-secret")
			.redirectUri("{baseUrl}/login/oauth2/code/{registrationId}")
			.authorizationUri(server.issuer() + TestAuthorizationServer.AUTHORIZE)
			.tokenUri(server.tokenEndpoint().toString())
			.scope("read")
			.build();
	}

}
