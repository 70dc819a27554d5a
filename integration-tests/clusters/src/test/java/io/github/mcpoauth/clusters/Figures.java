// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What was measured, one line for each thing, in {@code target/figures.md}.
 */
final class Figures {

	private static final Path FILE = Path.of("target", "figures.md");

	private Figures() {
	}

	/**
	 * Write down some times.
	 * @param store which store
	 * @param what what took so long
	 * @param micros how long
	 */
	static void times(String store, String what, List<Long> micros) {
		List<Long> sorted = micros.stream().sorted().toList();
		add("| %s | %s | %d | %.1f | %.1f | %.1f |".formatted(store, what, sorted.size(), percentile(sorted, 50),
				percentile(sorted, 99), percentile(sorted, 100)));
	}

	private static double percentile(List<Long> sorted, int percent) {
		int index = Math.max(0, (int) Math.ceil(sorted.size() * percent / 100.0) - 1);
		return sorted.get(index) / 1000.0;
	}

	/**
	 * Write a line.
	 * @param line the line
	 */
	static void add(String line) {
		try {
			Files.writeString(FILE, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
