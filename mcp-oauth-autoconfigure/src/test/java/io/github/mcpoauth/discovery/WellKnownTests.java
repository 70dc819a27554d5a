/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.discovery;

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
