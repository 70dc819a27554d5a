// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DesktopBrowser}, with real programs on a search path of their own.
 */
class DesktopBrowserTests {

	private static final URI URL = URI
		.create("https://as.example/authorize?a=b&c=$(touch%20x);`id`".replace("`", "%60"));

	@TempDir
	Path directory;

	private final Map<String, String> environment = new HashMap<>();

	@BeforeEach
	void installPrograms() throws IOException {
		for (String program : new String[] { "xdg-open", "open", "rundll32.exe" }) {
			Path file = Files.createFile(this.directory.resolve(program),
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
			Files.writeString(file, """
					#!/bin/sh
					for argument in "$0" "$@"; do echo "$argument"; done > "%1$s/opening"
					mv "%1$s/opening" "%1$s/opened"
					""".formatted(this.directory));
		}
		this.environment.put("PATH", "relative:\u0000::" + this.directory);
		this.environment.put("DISPLAY", ":0");
	}

	@ParameterizedTest
	@CsvSource({ "Linux,xdg-open,", "Mac OS X,open,", "Windows 11,rundll32.exe,'url.dll,FileProtocolHandler'",
			"FreeBSD,xdg-open," })
	void openWhenThereIsADesktopStartsItsProgramWithTheAddress(String osName, String program, @Nullable String argument)
			throws Exception {
		open(new DesktopBrowser(osName, this.environment));
		List<String> opened = Files.readAllLines(this.directory.resolve("opened"));
		assertThat(opened).first().asString().endsWith("/" + program);
		assertThat(opened).last().isEqualTo(URL.toASCIIString());
		assertThat(opened).hasSize((argument != null) ? 3 : 2);
	}

	@Test
	void openWhenLinuxHasNoDisplayOpensNothing() {
		this.environment.remove("DISPLAY");
		assertThat(new DesktopBrowser("Linux", this.environment).open(URL)).isFalse();
	}

	@Test
	void openWhenLinuxHasWaylandOpens() throws Exception {
		this.environment.remove("DISPLAY");
		this.environment.put("WAYLAND_DISPLAY", "wayland-0");
		open(new DesktopBrowser("Linux", this.environment));
		assertThat(this.directory.resolve("opened")).exists();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY" })
	void openWhenOverSshOpensNothing(String variable) {
		this.environment.put(variable, "something");
		assertThat(new DesktopBrowser("Linux", this.environment).open(URL)).isFalse();
		assertThat(new DesktopBrowser("Mac OS X", this.environment).open(URL)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "vbscript:x",
			"mailto:a@b", "/relative", "http:nothing" })
	void openWhenNotAWebAddressOpensNothing(String url) {
		assertThat(new DesktopBrowser("Linux", this.environment).open(URI.create(url))).isFalse();
	}

	@Test
	void openWhenThereIsNoProgramOpensNothing() throws IOException {
		Files.delete(this.directory.resolve("xdg-open"));
		assertThat(new DesktopBrowser("Linux", this.environment).open(URL)).isFalse();
	}

	@Test
	void openWhenTheProgramCannotBeStartedOpensNothing() throws IOException {
		Files.writeString(this.directory.resolve("xdg-open"), "#!/no/such/interpreter\n");
		assertThat(new DesktopBrowser("Linux", this.environment).open(URL)).isFalse();
	}

	@Test
	void noneOpensNothing() {
		assertThat(Browser.none().open(URL)).isFalse();
	}

	private static void open(DesktopBrowser browser) throws InterruptedException {
		Process process = Objects.requireNonNull(browser.launch(URL));
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).isZero();
	}

}
