// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.time.Duration;

import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A person connects and disconnects in Chromium, with the login and consent pages of
 * Spring Authorization Server.
 */
@Tag("browser")
class ConnectionsBrowserTests {

	private static final String CONNECTED = "[data-state=connected]";

	private static final String NOT_CONNECTED = "[data-state=none]";

	private static final String WAITING = "[data-state=waiting]";

	private static SpringAuthorizationServer server;

	private static Agent servlet;

	private static Agent reactive;

	@BeforeAll
	static void start() {
		server = SpringAuthorizationServer.start(Duration.ofHours(1), "--demo.auto-login=false");
		servlet = Agent.open(WebApplicationType.SERVLET, demo());
		reactive = Agent.open(WebApplicationType.REACTIVE, demo());
	}

	@AfterAll
	static void stop() {
		servlet.close();
		reactive.close();
		server.close();
	}

	@AfterEach
	void disconnect() {
		servlet.disconnect("demo");
		reactive.disconnect("demo");
	}

	private static String[] demo() {
		return new String[] { "--mcp.servers.demo.url=" + server.mcpUrl(), "--mcp.servers.demo.oauth=" };
	}

	@ParameterizedTest
	@CsvSource({ "SERVLET,true", "SERVLET,false", "REACTIVE,true", "REACTIVE,false" })
	@DisplayName("A person connects, reloads and disconnects, with and without JavaScript")
	void connectWhenConsentedAndDisconnectWork(WebApplicationType type, boolean script) {
		Agent agent = (type == WebApplicationType.SERVLET) ? servlet : reactive;
		try (Chromium browser = Chromium.start(script)) {
			browser.open(agent.page());
			browser.find(NOT_CONNECTED);
			browser.click("form[action$='/connect'] button");
			logIn(browser);
			consent(browser);
			browser.find(CONNECTED);
			assertThat(browser.awaitText("The application can use 'demo' for you now.")).contains("renewed on its own");
			assertThat(agent.isConnected("demo")).isTrue();
			browser.reload();
			browser.find(CONNECTED);
			browser.click("summary.button");
			browser.click("form[action$='/disconnect'] button");
			browser.find(NOT_CONNECTED);
			browser.awaitText("The tokens for 'demo' were revoked and forgotten.");
			assertThat(agent.isConnected("demo")).isFalse();
			browser.reload();
			browser.find(NOT_CONNECTED);
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("Behind the login page of Spring Security, whose own token is in the forms")
	void connectWhenBehindSpringSecurityWorks(WebApplicationType type) {
		try (Agent agent = Agent.secured(type, demo()); Chromium browser = Chromium.start()) {
			browser.open(agent.page());
			browser.type("[name=username]", "user");
			browser.type("[name=password]", "secret");
			browser.click("button[type=submit]");
			browser.open(agent.page());
			browser.awaitText("Logged in as user");
			assertThat(browser.has("form[action$='/connect'] input[name=_csrf]")).isTrue();
			browser.click("form[action$='/connect'] button");
			logIn(browser);
			consent(browser);
			browser.find(CONNECTED);
			browser.screenshot("secured-" + type);
			browser.click("summary.button");
			browser.click("form[action$='/disconnect'] button");
			browser.find(NOT_CONNECTED);
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void consentWhenDeniedChangesNothingAndSaysSo() {
		// A client of its own, for which nobody has consented before
		try (Agent agent = Agent.open(WebApplicationType.SERVLET, demo()); Chromium browser = Chromium.start()) {
			browser.open(agent.page());
			browser.click("form[action$='/connect'] button");
			logIn(browser);
			browser.click("#cancel-consent");
			assertThat(browser.awaitText("Nothing was changed")).contains("said no").doesNotContain("access_denied");
			browser.find(NOT_CONNECTED);
			browser.screenshot("denied");
			assertThat(browser.barriers()).isEmpty();
			assertThat(agent.isConnected("demo")).isFalse();
		}
	}

	@Test
	@DisplayName("F34 An answer that comes again, is forged or too late gets a page that says so")
	void callbackWhenRepeatedForgedOrLateIsRefused() {
		try (Chromium browser = Chromium.start()) {
			browser.open(reactive.page());
			browser.click("form[action$='/connect'] button");
			logIn(browser);
			consent(browser);
			browser.find(CONNECTED);
			browser.open(browser.callback());
			browser.awaitText("Answered already");
			assertThat(browser.status()).isEqualTo(409);
			browser.screenshot("answered-already");
			browser.open(reactive.url("/callback?code=forged&state=forged"));
			browser.awaitText("No login waits for this");
			assertThat(browser.status()).isEqualTo(404);
			assertThat(browser.barriers()).isEmpty();
			browser.click("a.button");
			browser.find(CONNECTED);
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void callbackWhenTooLateIsRefused() {
		try (Agent impatient = Agent.open(WebApplicationType.SERVLET, "--mcp.servers.demo.url=" + server.mcpUrl(),
				"--mcp.servers.demo.oauth.callback-timeout=10s");
				Chromium browser = Chromium.start();
				Chromium other = Chromium.start()) {
			browser.open(impatient.page());
			browser.click("form[action$='/connect'] button");
			browser.find("[name=username]");
			other.open(impatient.page());
			other.find(NOT_CONNECTED);
			logIn(browser);
			consent(browser);
			browser.awaitText("Too late");
			assertThat(browser.status()).isEqualTo(410);
			browser.screenshot("too-late");
			assertThat(browser.barriers()).isEmpty();
			assertThat(impatient.isConnected("demo")).isFalse();
		}
	}

	@Test
	@DisplayName("An answer from a second browser is refused, and does not spend the login of the first")
	void callbackWhenFromASecondBrowserIsRefused() {
		try (Chromium first = Chromium.start(); Chromium second = Chromium.start()) {
			first.open(servlet.page());
			first.click("form[action$='/connect'] button");
			first.find("[name=username]");
			first.open(servlet.page());
			second.open(servlet.authorizationUrl("demo"));
			logIn(second);
			consent(second);
			second.awaitText("Not from this browser");
			assertThat(second.status()).isEqualTo(403);
			assertThat(servlet.isConnected("demo")).isFalse();
			second.open(servlet.page());
			second.awaitText("A login is in progress elsewhere");
			second.screenshot("elsewhere");
			assertThat(second.barriers()).isEmpty();
			first.click("a.primary");
			logIn(first);
			consent(first);
			first.find(CONNECTED);
			second.find(CONNECTED);
			assertThat(second.find("#news").getAttribute("textContent")).isEqualTo("demo: Connected");
			assertThat(servlet.isConnected("demo")).isTrue();
		}
	}

	@Test
	@DisplayName("The page shows what happens elsewhere without being loaded again")
	void pageWhenSomethingChangesElsewhereShowsIt() {
		try (Chromium browser = Chromium.start(); Chromium other = Chromium.start()) {
			browser.open(reactive.page());
			browser.run("window.loaded = true");
			other.open(reactive.page());
			other.click("form[action$='/connect'] button");
			browser.find("[data-state=elsewhere]");
			logIn(other);
			consent(other);
			browser.find(CONNECTED);
			reactive.disconnect("demo");
			browser.find(NOT_CONNECTED);
			assertThat(browser.run("return window.loaded")).isEqualTo(true);
			assertThat(browser.find("#news").getAttribute("textContent")).isEqualTo("demo: Not connected");
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void loginWhenLeftCanBeContinuedOrCancelled() {
		try (Chromium browser = Chromium.start()) {
			browser.open(servlet.page());
			browser.click("form[action$='/connect'] button");
			browser.find("[name=username]");
			browser.open(servlet.page());
			browser.find(WAITING);
			browser.screenshot("waiting");
			assertThat(browser.barriers()).isEmpty();
			browser.click("a.primary");
			browser.find("[name=username]");
			browser.open(servlet.page());
			browser.click("form[action$='/cancel'] button");
			browser.awaitText("was cancelled, and nothing was changed");
			browser.find(NOT_CONNECTED);
		}
	}

	private static void logIn(Chromium browser) {
		browser.type("[name=username]", server.user().name());
		browser.type("[name=password]", server.user().password());
		browser.click("button[type=submit]");
	}

	/**
	 * Consent, if that has not been done for this client before.
	 */
	private static void consent(Chromium browser) {
		browser.find("#submit-consent, [href='#main']");
		if (browser.has("#submit-consent")) {
			browser.click("[name=scope]");
			browser.click("#submit-consent");
		}
	}

}
