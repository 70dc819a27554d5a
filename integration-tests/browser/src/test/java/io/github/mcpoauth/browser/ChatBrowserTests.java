// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The chat sample with two users in two browsers.
 */
@Tag("browser")
class ChatBrowserTests {

	@Test
	@DisplayName("One user connects, the other does not, and each has the tools of their own login")
	void chatWhenOneUserConnectsHasToolsForThatUserOnly(@TempDir Path tokens) throws IOException {
		try (SpringAuthorizationServer server = SpringAuthorizationServer.start(Duration.ofHours(1),
				"--demo.auto-login=false");
				ChildProcess chat = chat(server, tokens);
				Chromium alice = Chromium.start();
				Chromium bob = Chromium.start()) {
			URI page = URI.create("http://127.0.0.1:" + chat.await("Tomcat started on port (\\d+)") + "/");
			logIn(alice, page, "alice");
			assertThat(ask(alice, "echo hello")).contains("needs_reauth", "/mcp/connections");
			alice.click("#connections");
			alice.click("form[action$='/connect'] button");
			alice.type("[name=username]", server.user().name());
			alice.type("[name=password]", server.user().password());
			alice.click("button[type=submit]");
			alice.find("#submit-consent");
			alice.run("document.querySelectorAll('[name=scope]').forEach((scope) => scope.checked = true)");
			alice.click("#submit-consent");
			alice.find("[data-state=connected]");
			alice.open(page);
			assertThat(ask(alice, "echo hello")).contains("hello").doesNotContain("needs_reauth");
			assertThat(ask(alice, "list")).isEqualTo("My tools: add, echo, time");
			logIn(bob, page, "bob");
			assertThat(ask(bob, "echo hello")).contains("needs_reauth", "/mcp/connections");
			bob.click("#connections");
			bob.find("[data-state=none]");
			assertThat(ask(alice, "add {\"a\": 40, \"b\": 2}")).contains("42");
			alice.screenshot("chat");
		}
	}

	private static void logIn(Chromium browser, URI page, String user) {
		browser.open(page);
		browser.type("[name=username]", user);
		browser.type("[name=password]", user);
		browser.click("button[type=submit]");
		assertThat(browser.find("#user").getText()).isEqualTo(user);
	}

	private static String ask(Chromium browser, String message) {
		// The page with the answer is another one
		browser.run("document.getElementById('answer').id = 'old'");
		browser.type("#message", message);
		browser.click("form button");
		return browser.find("#answer").getText();
	}

	private static ChildProcess chat(SpringAuthorizationServer server, Path tokens) throws IOException {
		Path target = Path.of(System.getProperty("chat"));
		String classPath = target.resolve("classes") + File.pathSeparator
				+ Files.readString(target.resolve("chat.classpath")).strip();
		return ChildProcess.java("Chat", classPath, "io.github.mcpoauth.samples.chat.ChatApplication",
				"--server.port=0", "--mcp.oauth.store.file.directory=" + tokens,
				"--spring.ai.mcp.client.streamable-http.connections.demo.url=" + server.mcpUrl().resolve("/"));
	}

}
