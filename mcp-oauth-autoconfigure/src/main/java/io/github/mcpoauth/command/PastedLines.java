// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;

import io.github.mcpoauth.Login;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Hands the lines that a user types or pastes to a login, until the input ends. The
 * thread that reads cannot be interrupted and is therefore a daemon.
 * <p>
 * Input that cannot have been typed ends it too: with the standard input closed
 * ({@code <&-}), the JVM finds a file of its own under that descriptor and reads that.
 */
final class PastedLines {

	private static final Log logger = LogFactory.getLog(PastedLines.class);

	private static final int LONGEST = 16 * 1024;

	private final InputStream in;

	private final Login login;

	private final Consumer<String> prompt;

	PastedLines(InputStream in, Login login, Consumer<String> prompt) {
		this.in = in;
		this.login = login;
		this.prompt = prompt;
	}

	void start() {
		Thread reader = new Thread(this::read, "mcp-login-input");
		reader.setDaemon(true);
		reader.start();
	}

	private void read() {
		try {
			Reader reader = new BufferedReader(new InputStreamReader(this.in, StandardCharsets.UTF_8));
			for (String line = line(reader); line != null; line = line(reader)) {
				if (!line.isBlank()) {
					accept(line.strip());
				}
			}
		}
		catch (IOException ex) {
			logger.debug("The standard input cannot be read, so nothing can be pasted", ex);
		}
	}

	private void accept(String line) {
		if (line.toLowerCase(Locale.ROOT).equals("cancel")) {
			this.login.cancel();
			return;
		}
		// Every other end of the login is the completion's to tell
		this.login.complete(line).subscribe((status) -> {
		}, (ex) -> {
			if (ex instanceof IllegalArgumentException) {
				this.prompt.accept(ex.getMessage() + ". Try again, or type 'cancel'");
			}
		});
	}

	/**
	 * Read a line.
	 * @param reader the input
	 * @return the line, {@code null} at the end of the input, and for one that cannot
	 * have been typed
	 */
	static @Nullable String line(Reader reader) throws IOException {
		StringBuilder line = new StringBuilder();
		for (int next = reader.read(); next != '\n'; next = reader.read()) {
			if (next < 0) {
				return line.isEmpty() ? null : line.toString();
			}
			if ((Character.isISOControl(next) && next != '\r' && next != '\t') || line.length() == LONGEST) {
				return null;
			}
			line.append((char) next);
		}
		return line.toString();
	}

}
