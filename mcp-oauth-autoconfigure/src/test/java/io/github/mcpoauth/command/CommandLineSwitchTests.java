// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CommandLineSwitch}.
 */
class CommandLineSwitchTests {

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path classPath;

	@Test
	void isSurelyOnWhenThereIsNoConfigurationIsSure() throws Exception {
		assertThat(isSurelyOn("mcp", "--help", "--server.port=8081")).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "application.properties", "application.yml", "application.yaml", "application.xml",
			"application-default.yml", "config/application.properties", "config/application-default.yaml" })
	void isSurelyOnWhenAFileOfTheClassPathNamesTheSwitchIsNotSure(String name) throws Exception {
		write(name, "server.port=8081");
		assertThat(isSurelyOn("mcp", "--help")).isTrue();
		write(name, "mcp.oauth.command-line.enabled=false");
		assertThat(isSurelyOn("mcp", "--help")).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "mcp.oauth.commandLine.enabled: false", "mcp:\n  oauth:\n    command_line:\n",
			"MCP_OAUTH_COMMANDLINE_ENABLED=false", "spring.config.import=optional:configserver:",
			"spring.profiles.active=cli", "spring:\n  profiles:\n    include: cli" })
	void isSurelyOnWhenAFileCouldTurnItOffOrNamesMoreConfigurationIsNotSure(String text) throws Exception {
		write("application.yml", text);
		assertThat(isSurelyOn("mcp", "--help")).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--mcp.oauth.command-line.enabled=false", "--spring.config.location=/etc/agent.yml",
			"--spring.config.additional-location=/etc/agent/", "--spring.profiles.active=cli",
			"--spring.application.json={}", "--SPRING_CONFIG_IMPORT=x" })
	void isSurelyOnWhenAnArgumentCouldTurnItOffIsNotSure(String argument) throws Exception {
		assertThat(isSurelyOn("mcp", "--help", argument)).isFalse();
	}

	@Test
	void isSurelyOnWhenAFileCannotBeReadIsNotSure() {
		ClassLoader broken = new ClassLoader(null) {

			@Override
			public InputStream getResourceAsStream(String name) {
				InputStream closed = InputStream.nullInputStream();
				try {
					closed.close();
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
				return closed;
			}

		};
		assertThat(CommandLineSwitch.isSurelyOn(new String[] { "mcp" }, broken)).isFalse();
	}

	private boolean isSurelyOn(String... arguments) throws IOException {
		try (URLClassLoader classLoader = new URLClassLoader(new URL[] { url() }, null)) {
			return CommandLineSwitch.isSurelyOn(arguments, classLoader);
		}
	}

	private URL url() throws MalformedURLException {
		return this.classPath.toUri().toURL();
	}

	private void write(String name, String text) throws IOException {
		Path file = this.classPath.resolve(name);
		Files.createDirectories(file.getParent());
		Files.writeString(file, text);
	}

}
