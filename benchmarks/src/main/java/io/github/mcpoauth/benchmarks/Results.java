// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Results of one part: a table for readers, and all values for programs.
 */
final class Results {

	private static final ObjectWriter WRITER = JsonMapper.shared().writerWithDefaultPrettyPrinter();

	private final String part;

	private final List<String> columns;

	private final List<List<String>> rows = new ArrayList<>();

	private final Map<String, Object> samples = new LinkedHashMap<>();

	/**
	 * Begin.
	 * @param part name of the part
	 * @param columns titles of the columns of its table
	 */
	Results(String part, String... columns) {
		this.part = part;
		this.columns = List.of(columns);
	}

	/**
	 * Keep measured values.
	 * @param name name of the value, with its unit
	 * @param measured the values
	 * @return the same values
	 */
	Samples keep(String name, Samples measured) {
		double[] rounded = measured.values();
		for (int index = 0; index < rounded.length; index++) {
			rounded[index] = Math.round(rounded[index] * 1000) / 1000d;
		}
		this.samples.put(name, rounded);
		return measured;
	}

	/**
	 * Add a row to the table.
	 * @param cells its cells
	 */
	void row(String... cells) {
		this.rows.add(List.of(cells));
		System.out.println(this.part + ": " + String.join(" | ", cells));
	}

	static String met(boolean met) {
		return met ? "met" : "**not met**";
	}

	/**
	 * Write the results.
	 * @param directory where to
	 * @throws IOException if that fails
	 */
	void write(Path directory) throws IOException {
		Map<String, Object> content = new LinkedHashMap<>();
		content.put("part", this.part);
		content.put("measuredAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
		content.put("machine", Machine.description());
		content.put("columns", this.columns);
		content.put("rows", this.rows);
		content.put("samples", this.samples);
		Files.createDirectories(directory);
		Files.writeString(directory.resolve(this.part + ".json"), WRITER.writeValueAsString(content) + "\n");
	}

}
