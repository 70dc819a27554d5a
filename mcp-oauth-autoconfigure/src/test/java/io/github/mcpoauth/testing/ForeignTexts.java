// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * Generates texts for a parser: any text, and damaged samples.
 */
final class ForeignTexts {

	private static final int LONGEST = 64 * 1024;

	/**
	 * Parts that mean something in one of the formats, or exceed a bound of one.
	 */
	private static final List<String> PARTS = List.of("\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ":", ",",
			"null", "true", "-0", "1e9999", "1e-2147483648", "9999999999999999999", "0.1", "NaN", "\uFEFF", "\u0000",
			"\r\n", "\n\n", "\t", " ", "\u202e", "\u00e4", "\u0130", "\ud83d\ude00", "\ud800", "&", "=", "?", "#", "%",
			"%00", "%2f", "%2e%2e", "%c3", "+", ";", "/", "//", "/../", "://", "@", "~", "~zz", "Bearer ", "'", "<",
			">", "- ", "*a", "&a ", "!!", "error", "code", "state", "access_token", "\"error\":", "data:");

	private ForeignTexts() {
	}

	static Arbitrary<String> of(ForeignParser parser) {
		Arbitrary<String> samples = Arbitraries.of(parser.samples());
		Arbitrary<String> parts = parts(samples);
		Arbitrary<String> damaged = Combinators.combine(samples, damage(parts).list().ofMinSize(1).ofMaxSize(8))
			.as(ForeignTexts::damaged);
		Arbitrary<String> any = Arbitraries.oneOf(Arbitraries.strings().ofMaxLength(100),
				Arbitraries.strings().ascii().ofMaxLength(300),
				parts.list().ofMaxSize(20).map((list) -> cut(String.join("", list))));
		return Arbitraries.integers().between(1, 4).flatMap((choice) -> (choice == 1) ? any : damaged);
	}

	private static String damaged(String sample, List<UnaryOperator<String>> damage) {
		String text = sample;
		for (UnaryOperator<String> one : damage) {
			text = cut(one.apply(text));
		}
		return text;
	}

	private static Arbitrary<String> parts(Arbitrary<String> samples) {
		List<String> hostile = Stream.concat(PARTS.stream(), HostileText.texts().values().stream())
			.map((text) -> text.substring(0, Math.min(4096, text.length())))
			.toList();
		Arbitrary<String> repeated = Combinators.combine(Arbitraries.of(PARTS), Arbitraries.integers().between(2, 5000))
			.as(String::repeat);
		return Arbitraries.oneOf(Arbitraries.of(PARTS), Arbitraries.of(hostile), repeated, samples,
				Arbitraries.chars().map(String::valueOf));
	}

	/**
	 * Changes of a text at two places in it.
	 */
	private static Arbitrary<UnaryOperator<String>> damage(Arbitrary<String> parts) {
		Arbitrary<Integer> places = Arbitraries.integers().between(0, LONGEST);
		Arbitrary<Change> changes = Arbitraries.oneOf(
				// Cut the rest off
				Arbitraries.just((text, from, to) -> text.substring(0, from)),
				// Take a range out
				Arbitraries.just((text, from, to) -> text.substring(0, from) + text.substring(to)),
				// Repeat a range
				Arbitraries.integers()
					.between(2, 100)
					.map((times) -> (text, from, to) -> text.substring(0, from) + text.substring(from, to).repeat(times)
							+ text.substring(to)),
				// Swap what is before and behind
				Arbitraries
					.just((text, from, to) -> text.substring(to) + text.substring(from, to) + text.substring(0, from)),
				parts.map((part) -> (text, from, to) -> text.substring(0, from) + part + text.substring(from)),
				parts.map((part) -> (text, from, to) -> text.substring(0, from) + part + text.substring(to)));
		return Combinators.combine(changes, places, places).as((change, one, other) -> (text) -> {
			int first = one % (text.length() + 1);
			int second = other % (text.length() + 1);
			return change.apply(text, Math.min(first, second), Math.max(first, second));
		});
	}

	private static String cut(String text) {
		return text.substring(0, Math.min(LONGEST, text.length()));
	}

	/**
	 * Changes a range of a text.
	 */
	private interface Change {

		String apply(String text, int from, int to);

	}

}
