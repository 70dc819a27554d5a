// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Directories of one run.
 */
final class Directories {

	private Directories() {
	}

	/**
	 * Create a directory below {@code java.io.tmpdir}.
	 * @return the directory
	 */
	static Path create() {
		try {
			return Files.createTempDirectory("mcp-oauth-benchmarks");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
