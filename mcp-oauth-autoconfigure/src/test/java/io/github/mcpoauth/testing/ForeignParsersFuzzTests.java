// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import net.jqwik.api.RandomGenerator;
import net.jqwik.api.sessions.JqwikSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads generated texts with every parser of foreign text, each for its share of
 * {@code -Dfuzz.seconds}. {@code -Dfuzz.seed} repeats the texts of a run.
 */
@Tag("fuzz")
class ForeignParsersFuzzTests {

	private static final Path DIRECTORY = Path.of("target", "fuzz");

	private static final int TREE_SIZE = 1000;

	private static final long SEED = Long.getLong("fuzz.seed", new Random().nextLong());

	private static final long NANOS = Duration.ofSeconds(Long.getLong("fuzz.seconds", 600)).toNanos()
			/ ForeignParsers.all().size();

	private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

	private static final List<String> FIGURES = new ArrayList<>();

	@BeforeAll
	static void sayTheSeed() {
		FIGURES.clear();
		FIGURES.add("Seed %d: repeat with -Dfuzz.seed=%d".formatted(SEED, SEED));
		FIGURES.add("");
		FIGURES.add("| parser | texts | accepted | longest, ms |");
		FIGURES.add("|---|---|---|---|");
		System.out.println(FIGURES.get(0));
	}

	@AfterAll
	static void writeTheFigures() throws IOException {
		Files.createDirectories(DIRECTORY);
		Files.write(DIRECTORY.resolve("figures.md"), FIGURES);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ForeignParsers#all")
	void parseWhenTextIsGeneratedHasAResultOrADocumentedException(ForeignParser parser) {
		JqwikSession.run(() -> {
			RandomGenerator<String> texts = ForeignTexts.of(parser).generator(TREE_SIZE, true);
			Random random = new Random(SEED);
			long end = System.nanoTime() + NANOS;
			int count = 0;
			int accepted = 0;
			long longest = 0;
			while (System.nanoTime() - end < 0) {
				String text = texts.next(random).value();
				count++;
				long began = THREADS.getCurrentThreadCpuTime();
				if (read(parser, text, count)) {
					accepted++;
				}
				longest = Math.max(longest, THREADS.getCurrentThreadCpuTime() - began);
			}
			FIGURES.add("| %s | %d | %d | %.1f |".formatted(parser, count, accepted, longest / 1e6));
		});
	}

	private static boolean read(ForeignParser parser, String text, int count) {
		try {
			return parser.read(text);
		}
		catch (AssertionError ex) {
			Path file = DIRECTORY.resolve(parser.name().replaceAll("\\W", "-") + ".txt");
			throw new AssertionError(
					"%s (text %d of seed %d, in %s)".formatted(ex.getMessage(), count, SEED, write(file, text)), ex);
		}
	}

	private static Path write(Path file, String text) {
		try {
			Files.createDirectories(DIRECTORY);
			return Files.write(file, text.getBytes(StandardCharsets.UTF_16));
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

}
