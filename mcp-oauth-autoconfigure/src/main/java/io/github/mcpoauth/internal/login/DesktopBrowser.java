// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.log.LogMessage;
import org.springframework.util.StringUtils;

/**
 * Starts the program with which a desktop opens addresses.
 */
final class DesktopBrowser implements Browser {

	private static final Log logger = LogFactory.getLog(DesktopBrowser.class);

	private static final List<String> REMOTE = List.of("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY");

	private static final List<String> DISPLAYS = List.of("DISPLAY", "WAYLAND_DISPLAY");

	private final String osName;

	private final Map<String, String> environment;

	DesktopBrowser(String osName, Map<String, String> environment) {
		this.osName = osName.toLowerCase(Locale.ROOT);
		this.environment = environment;
	}

	@Override
	public boolean open(URI url) {
		return launch(url) != null;
	}

	/**
	 * Start the program.
	 * @param url the address
	 * @return its process, which the caller need not wait for; {@code null} if there is
	 * no program to start
	 */
	@Nullable Process launch(URI url) {
		List<String> command = isWebAddress(url) ? command(url.toASCIIString()) : null;
		if (command == null) {
			return null;
		}
		try {
			return new ProcessBuilder(command).redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
		}
		catch (IOException ex) {
			logger.debug(LogMessage.format("%s cannot be started", command.get(0)), ex);
			return null;
		}
	}

	private static boolean isWebAddress(URI url) {
		return url.getHost() != null
				&& ("https".equalsIgnoreCase(url.getScheme()) || "http".equalsIgnoreCase(url.getScheme()));
	}

	private @Nullable List<String> command(String url) {
		if (isAnySet(REMOTE)) {
			return null;
		}
		if (this.osName.startsWith("windows")) {
			return command("rundll32.exe", "url.dll,FileProtocolHandler", url);
		}
		if (this.osName.startsWith("mac")) {
			return command("open", url);
		}
		return isAnySet(DISPLAYS) ? command("xdg-open", url) : null;
	}

	private boolean isAnySet(List<String> names) {
		return names.stream().anyMatch((name) -> StringUtils.hasText(this.environment.get(name)));
	}

	/**
	 * The command, with a program from the search path but never from the current
	 * directory.
	 */
	private @Nullable List<String> command(String program, String... arguments) {
		String path = this.environment.getOrDefault("PATH", this.environment.getOrDefault("Path", ""));
		for (String directory : path.split(Pattern.quote(File.pathSeparator))) {
			Path file = resolve(directory, program);
			if (file != null && file.isAbsolute() && Files.isExecutable(file)) {
				List<String> command = new ArrayList<>(List.of(arguments));
				command.add(0, file.toString());
				return command;
			}
		}
		return null;
	}

	private static @Nullable Path resolve(String directory, String program) {
		try {
			return Path.of(directory, program);
		}
		catch (InvalidPathException ex) {
			return null;
		}
	}

}
