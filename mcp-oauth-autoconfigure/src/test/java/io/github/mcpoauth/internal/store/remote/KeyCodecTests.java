// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.util.List;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KeyCodec}.
 */
class KeyCodecTests {

	@Test
	@DisplayName("The application's own record is called what it was called before there were principals")
	void ofWhenThereIsNoPrincipalIsTheServer() {
		assertThat(KeyCodec.of(GrantKey.of("linear"))).isEqualTo("linear");
		assertThat(KeyCodec.of(GrantKey.of("a/b"))).isEqualTo("a/b");
	}

	@Test
	void parseWhenWrittenByOfIsTheKey() {
		for (GrantKey key : List.of(GrantKey.of("linear"), GrantKey.of("linear", "alice"), GrantKey.of("a/b"),
				GrantKey.of("a", "b"), GrantKey.of("a", "b:c"), GrantKey.of("My Server", "~-Zoë~4a"))) {
			assertThat(KeyCodec.parse(KeyCodec.of(key))).isEqualTo(key);
		}
		assertThat(KeyCodec.of(GrantKey.of("a/b"))).isNotEqualTo(KeyCodec.of(GrantKey.of("a", "b")));
	}

	@Test
	@DisplayName("X3: no two keys differ only by what a collation folds")
	void ofWhenKeysDifferByCaseAccentOrBlankDiffersInAnyCollation() {
		List<String> texts = Stream.of("alice", "Alice", "ALICE", "alice ", "al\u00edce", "ali\u0301ce", "al\u200bice")
			.map((principal) -> KeyCodec.of(GrantKey.of("Linear", principal)))
			.toList();
		assertThat(texts).doesNotHaveDuplicates().allMatch((text) -> text.matches("[a-z0-9~+._/:-]+"));
		assertThat(texts.stream().map((text) -> text.replaceAll("[^a-z0-9]", ""))).doesNotHaveDuplicates();
	}

	@Test
	void ofWhenThePairIsLongFitsAColumnAndIsUnique() {
		GrantKey one = GrantKey.of("linear", "a".repeat(256));
		GrantKey other = GrantKey.of("linear", "a".repeat(255) + "b");
		assertThat(KeyCodec.of(one)).hasSizeLessThanOrEqualTo(255).isNotEqualTo(KeyCodec.of(other));
		assertThat(KeyCodec.parse(KeyCodec.of(one))).isNull();
		assertThat(KeyCodec.parse("")).isNull();
	}

}
