// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Reads hostile texts with every parser of foreign text. The bound of time is for a
 * parser that does not come back.
 */
@Tag("fuzz")
@Timeout(120)
class ForeignParsersTests {

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ForeignParsers#all")
	void parseWhenTextIsASampleHasAResult(ForeignParser parser) {
		assertThat(parser.samples()).anyMatch(parser::read);
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.ForeignParsers#all")
	@DisplayName("S2: every parser of foreign text, whatever the text")
	void parseWhenTextIsHostileHasAResultOrADocumentedException(ForeignParser parser) {
		HostileText.texts().forEach((name, text) -> {
			try {
				parser.read(text);
				parser.read(parser.samples().get(0) + text);
			}
			catch (AssertionError ex) {
				throw new AssertionError("%s, of %s".formatted(ex.getMessage(), name), ex);
			}
		});
	}

}
