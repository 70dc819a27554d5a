// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The ratios that a release must not lose, measured in half a minute and shown beside
 * those of the last release. A report: a busy machine makes no build fail.
 */
final class Ratios {

	static final String NAME = "ratios";

	private static final int REQUESTS = 100;

	private final Path project;

	private final Path lastRelease;

	Ratios(Path project) {
		this.project = project;
		this.lastRelease = project.resolve("benchmarks/last-release.json");
	}

	/**
	 * Measure and print.
	 * @param release the release whose ratios these are from now on, {@code null} to only
	 * look
	 * @throws Exception if anything cannot be measured
	 */
	void print(@Nullable String release) throws Exception {
		Map<String, Double> now = measure();
		JsonNode last = JsonMapper.shared().readTree(Files.readString(this.lastRelease));
		StringBuilder table = new StringBuilder(
				"| ratio | now | %s |%n|---|---|---|%n".formatted(last.get("release").asString()));
		now.forEach((what, ratio) -> {
			JsonNode before = last.get("ratios").get(what);
			table.append("| %s | %.2f | %s |%n".formatted(what, ratio,
					(before != null) ? "%.2f".formatted(before.asDouble()) : ""));
		});
		System.out.print(table);
		if (release != null) {
			keep(release, now);
		}
	}

	private Map<String, Double> measure() throws Exception {
		HotPath.Rounds rounds = new HotPath.Rounds();
		rounds.run(List.of("constantHeader", "starter", "springSecurity"), "1");
		Samples starter = rounds.nanos("starter");
		Map<String, Double> ratios = new LinkedHashMap<>();
		ratios.put("hot path, CPU time: starter / constant header",
				starter.over(rounds.nanos("constantHeader")).median());
		ratios.put("hot path, bytes: starter / constant header",
				rounds.bytes("starter").over(rounds.bytes("constantHeader")).median());
		ratios.put("hot path, CPU time: starter / Spring Security",
				starter.over(rounds.nanos("springSecurity")).median());
		Map<String, Samples> storms = new Storm(this.project).ratios(REQUESTS);
		storms.forEach((storm, ratio) -> ratios.put("%d requests meet a 401: %s / limit".formatted(REQUESTS, storm),
				ratio.median()));
		return ratios;
	}

	private void keep(String release, Map<String, Double> ratios) throws IOException {
		Map<String, Double> rounded = new LinkedHashMap<>();
		ratios.forEach((what, ratio) -> rounded.put(what, Math.round(ratio * 100) / 100d));
		Map<String, Object> content = new LinkedHashMap<>();
		content.put("release", release);
		content.put("ratios", rounded);
		Files.writeString(this.lastRelease,
				JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n");
	}

}
