// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Measures the CPU time that each parser of foreign text takes for the first 64 KiB of
 * the hostile texts: the median of several runs. Only written down, because a time says
 * something on a quiet machine only. {@code benchmarks/run parsers} runs it.
 */
@Tag("fuzz")
class ForeignParsersTimesTests {

	private static final Path DIRECTORY = Path.of("target", "fuzz");

	private static final int BLOCK = 64 * 1024;

	private static final int WARM_UP = 2;

	private static final int RUNS = 7;

	private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

	private static final List<String> FIGURES = new ArrayList<>();

	@BeforeAll
	static void begin() {
		FIGURES.clear();
		FIGURES.add("| parser | slowest text | CPU ms for 64 KiB |");
		FIGURES.add("|---|---|---|");
	}

	@AfterAll
	static void writeTheFigures() throws IOException {
		Files.createDirectories(DIRECTORY);
		Files.write(DIRECTORY.resolve("times.md"), FIGURES);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ForeignParsers#all")
	void parseWhenTextIsHostileTakes(ForeignParser parser) {
		String slowest = "";
		double longest = 0;
		for (Map.Entry<String, String> text : HostileText.texts().entrySet()) {
			String block = text.getValue().substring(0, Math.min(BLOCK, text.getValue().length()));
			double millis = median(parser, block) / 1e6;
			if (millis > longest) {
				longest = millis;
				slowest = text.getKey();
			}
		}
		FIGURES.add("| %s | %s | %.2f |".formatted(parser, slowest, longest));
	}

	private static long median(ForeignParser parser, String text) {
		long[] times = new long[RUNS];
		for (int run = -WARM_UP; run < RUNS; run++) {
			long began = THREADS.getCurrentThreadCpuTime();
			parser.read(text);
			times[Math.max(0, run)] = THREADS.getCurrentThreadCpuTime() - began;
		}
		Arrays.sort(times);
		return times[RUNS / 2];
	}

}
