// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.Assert;

/**
 * Puts the tables and curves of all results into the page about performance, each between
 * the two comments that name its part.
 */
final class PerformancePage {

	private final Path page;

	PerformancePage(Path page) {
		this.page = page;
	}

	/**
	 * Replace the tables.
	 * @param results directory with the results
	 * @throws IOException if a file cannot be read or written
	 */
	void update(Path results) throws IOException {
		String text = Files.readString(this.page);
		try (DirectoryStream<Path> files = Files.newDirectoryStream(results, "*.json")) {
			for (Path file : files) {
				JsonNode result = JsonMapper.shared().readTree(Files.readString(file));
				text = replace(text, result.get("part").asString(), table(result));
			}
		}
		Files.writeString(this.page, replace(text, "growth", Growth.draw(results, this.page.resolveSibling("growth"))));
	}

	private String replace(String text, String part, String table) {
		String begin = "<!-- %s -->\n".formatted(part);
		int from = text.indexOf(begin);
		int to = text.indexOf("<!-- end -->", from);
		Assert.state(from >= 0 && to >= 0, () -> "%s has no place for %s".formatted(this.page, part));
		return text.substring(0, from + begin.length()) + table + text.substring(to);
	}

	private static String table(JsonNode result) {
		List<String> columns = cells(result.get("columns"));
		StringBuilder table = new StringBuilder(line(columns)).append("|").append("---|".repeat(columns.size()));
		table.append("\n");
		for (JsonNode row : result.get("rows")) {
			table.append(line(cells(row)));
		}
		JsonNode machine = result.get("machine");
		return table.append("\nMeasured %s on %s, %d cores, %d GB, %s, %s.\n".formatted(
				result.get("measuredAt").asString().substring(0, 10), machine.get("cpu").asString(),
				machine.get("cores").asInt(), machine.get("memoryGb").asInt(), machine.get("system").asString(),
				machine.get("java").asString()))
			.toString();
	}

	private static List<String> cells(JsonNode row) {
		List<String> cells = new ArrayList<>();
		row.forEach((cell) -> cells.add(cell.asString()));
		return cells;
	}

	private static String line(List<String> cells) {
		return "| " + String.join(" | ", cells) + " |\n";
	}

}
