// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.browser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the page looks like, light and dark, wide and narrow, and whether everybody can
 * use it. The pictures are in the build output.
 */
@Tag("browser")
class ConnectionsLooksTests {

	@TempDir
	private Path tokens;

	@ParameterizedTest
	@CsvSource({ "light,1000", "dark,1000", "light,390", "dark,390" })
	void pageWhenServersAreInAllStatesHasNoBarriers(String scheme, int width) throws IOException {
		try (Agent agent = gallery(); Chromium browser = Chromium.start()) {
			browser.dark("dark".equals(scheme));
			browser.width(width);
			browser.open(agent.page());
			browser.find("[data-state=none]");
			assertThat(browser.barriers()).isEmpty();
			browser.screenshot("connections-%s-%d".formatted(scheme, width));
			browser.click("[data-state=connected] summary.button");
			assertThat(browser.barriers()).isEmpty();
			browser.screenshot("disconnect-%s-%d".formatted(scheme, width));
			assertThat(browser.run("return document.documentElement.scrollWidth <= window.innerWidth")).isEqualTo(true);
			browser.open(agent.url("/callback?code=forged&state=forged"));
			assertThat(browser.barriers()).isEmpty();
			browser.screenshot("message-%s-%d".formatted(scheme, width));
			assertThat(browser.complaints()).isEmpty();
		}
	}

	@Test
	void connectWhenServerIsOutOfReachSaysSo() throws IOException {
		try (Agent agent = gallery(); Chromium browser = Chromium.start()) {
			browser.open(agent.page());
			browser.click("[data-state=none] form[action$='/connect'] button");
			browser.find("#outcome.failed");
			assertThat(browser.run("return document.activeElement.id")).isEqualTo("outcome");
			assertThat(browser.address()).isEqualTo(agent.page());
			assertThat(browser.barriers()).isEmpty();
			browser.screenshot("failed");
		}
	}

	/**
	 * Token files as others would leave them.
	 */
	private Agent gallery() throws IOException {
		Instant now = Instant.now();
		Files.writeString(this.tokens.resolve("github.json"), """
				{"access_token": "a", "token_type": "Bearer", "expires_at": %d, "refresh_token": "r",
				 "scope": "repo read:org user:email", "issuer": "https://github.com/login/oauth"}
				""".formatted(now.plusSeconds(3480).getEpochSecond()));
		Files.writeString(this.tokens.resolve("calendar.json"), """
				{"access_token": "a", "token_type": "Bearer", "expires_at": %d, "scope": "calendar.read"}
				""".formatted(now.minusSeconds(7200).getEpochSecond()));
		Files.writeString(this.tokens.resolve("wiki.json"), """
				{"access_token": "a", "token_type": "Bearer", "expires_at": %d}
				""".formatted(now.plusSeconds(90000).getEpochSecond()));
		Files.writeString(this.tokens.resolve("files.json"), "{\"access_token\": ");
		return Agent.open(WebApplicationType.REACTIVE, "--mcp.oauth.store.file.directory=" + this.tokens,
				"--mcp.servers.github.url=https://api.githubcopilot.com/mcp/", "--mcp.servers.github.oauth=",
				"--mcp.servers.linear.url=http://127.0.0.1:9/mcp", "--mcp.servers.linear.oauth=",
				"--mcp.servers.calendar.url=https://calendar.example.com/a/rather/long/path/of/an/mcp/server?key=x",
				"--mcp.servers.calendar.oauth=", "--mcp.servers.wiki.url=https://wiki.example.com/mcp",
				"--mcp.servers.wiki.oauth=", "--mcp.servers.files.url=https://files.example.com/mcp",
				"--mcp.servers.files.oauth=");
	}

}
