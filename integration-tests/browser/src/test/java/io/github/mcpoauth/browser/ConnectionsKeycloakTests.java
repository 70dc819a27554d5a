// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.util.Objects;

import io.github.mcpoauth.fixtures.KeycloakServer;
import io.github.mcpoauth.fixtures.ProtectedMcpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A person connects and disconnects in Chromium, with Keycloak's login page.
 */
@Tag("browser")
@Tag("keycloak")
class ConnectionsKeycloakTests {

	private static KeycloakServer keycloak;

	private static ProtectedMcpServer mcpServer;

	private static Agent agent;

	@BeforeAll
	static void start() {
		keycloak = KeycloakServer.start();
		mcpServer = ProtectedMcpServer.start(keycloak);
		agent = Agent.open(WebApplicationType.REACTIVE, "--mcp.servers.keycloak.url=" + mcpServer.url(),
				"--mcp.servers.keycloak.oauth=");
	}

	@AfterAll
	static void stop() {
		agent.close();
		mcpServer.close();
		keycloak.close();
	}

	@AfterEach
	void disconnect() {
		agent.disconnect("keycloak");
	}

	@ParameterizedTest
	@CsvSource({ "true", "false" })
	void connectWhenLoggedInAtKeycloakAndDisconnectWork(boolean script) {
		try (Chromium browser = Chromium.start(script)) {
			browser.open(agent.page());
			browser.click("form[action$='/connect'] button");
			logIn(browser);
			browser.find("[data-state=connected]");
			assertThat(browser.text()).contains("The application can use 'keycloak' for you now.",
					keycloak.issuer().toString());
			assertThat(agent.isConnected("keycloak")).isTrue();
			browser.reload();
			browser.find("[data-state=connected]");
			browser.click("summary.button");
			browser.click("form[action$='/disconnect'] button");
			browser.awaitText("The tokens for 'keycloak' were revoked and forgotten.");
			browser.find("[data-state=none]");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void consentWhenDeniedAtKeycloakChangesNothing() {
		try (Chromium browser = Chromium.start()) {
			browser.open(agent.page());
			browser.click("form[action$='/connect'] button");
			browser.find("#username");
			requireConsent(true);
			logIn(browser);
			browser.click("#kc-cancel");
			assertThat(browser.awaitText("Nothing was changed")).contains("said no").doesNotContain("access_denied");
			browser.find("[data-state=none]");
			assertThat(agent.isConnected("keycloak")).isFalse();
		}
		finally {
			requireConsent(false);
		}
	}

	@Test
	@DisplayName("F34 An answer from Keycloak is for the browser that asked, and counts once")
	void callbackWhenFromElsewhereRepeatedOrForgedIsRefused() {
		try (Chromium first = Chromium.start(); Chromium second = Chromium.start()) {
			first.open(agent.page());
			first.click("form[action$='/connect'] button");
			first.find("#username");
			first.open(agent.page());
			second.open(agent.authorizationUrl("keycloak"));
			logIn(second);
			second.awaitText("Not from this browser");
			assertThat(second.status()).isEqualTo(403);
			assertThat(agent.isConnected("keycloak")).isFalse();
			first.click("a.primary");
			logIn(first);
			first.find("[data-state=connected]");
			first.open(first.callback());
			first.awaitText("Answered already");
			assertThat(first.status()).isEqualTo(409);
			first.open(agent.url("/callback?code=forged&state=forged"));
			first.awaitText("No login waits for this");
			assertThat(first.status()).isEqualTo(404);
			assertThat(agent.isConnected("keycloak")).isTrue();
		}
	}

	@Test
	void callbackWhenTooLateIsRefused() {
		try (Agent impatient = Agent.open(WebApplicationType.SERVLET, "--mcp.servers.keycloak.url=" + mcpServer.url(),
				"--mcp.servers.keycloak.oauth.callback-timeout=10s");
				Chromium browser = Chromium.start();
				Chromium other = Chromium.start()) {
			browser.open(impatient.page());
			browser.click("form[action$='/connect'] button");
			browser.find("#username");
			other.open(impatient.page());
			other.find("[data-state=none]");
			logIn(browser);
			browser.awaitText("Too late");
			assertThat(browser.status()).isEqualTo(410);
			assertThat(impatient.isConnected("keycloak")).isFalse();
		}
	}

	/**
	 * Whether the clients that registered themselves have to ask from now on.
	 */
	private static void requireConsent(boolean required) {
		for (JsonNode client : Objects.requireNonNull(keycloak.admin("GET", "/clients", null))) {
			if ("MCP agent".equals(client.path("name").asString(""))) {
				((ObjectNode) client).put("consentRequired", required);
				keycloak.admin("PUT", "/clients/" + client.path("id").asString(""), client.toString());
			}
		}
	}

	private static void logIn(Chromium browser) {
		browser.type("#username", keycloak.user().name());
		browser.type("#password", keycloak.user().password());
		browser.click("#kc-login");
	}

}
