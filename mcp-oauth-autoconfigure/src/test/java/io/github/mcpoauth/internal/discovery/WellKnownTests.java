// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WellKnown}.
 */
class WellKnownTests {

	@ParameterizedTest
	@ValueSource(strings = { "https://h/public/mcp", "https://h/public/mcp/", "https://h:443/public/mcp?key=x" })
	void protectedResourceWhenServerHasAPathLooksThereFirst(URI server) {
		assertThat(WellKnown.protectedResource(server)).containsExactly(
				"https://h/.well-known/oauth-protected-resource/public/mcp",
				"https://h/.well-known/oauth-protected-resource");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://h:8443", "https://h:8443/" })
	void protectedResourceWhenServerIsAtTheRootLooksThereOnly(URI server) {
		assertThat(WellKnown.protectedResource(server))
			.containsExactly("https://h:8443/.well-known/oauth-protected-resource");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://h/tenant1", "https://h/tenant1/" })
	void authorizationServerWhenIssuerHasAPathUsesThreeForms(URI issuer) {
		assertThat(WellKnown.authorizationServer(issuer)).containsExactly(
				"https://h/.well-known/oauth-authorization-server/tenant1",
				"https://h/.well-known/openid-configuration/tenant1",
				"https://h/tenant1/.well-known/openid-configuration");
	}

	@Test
	void authorizationServerWhenIssuerHasNoPathUsesTwoForms() {
		assertThat(WellKnown.authorizationServer(URI.create("https://h/"))).containsExactly(
				"https://h/.well-known/oauth-authorization-server", "https://h/.well-known/openid-configuration");
	}

}
