// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.util.List;

import io.github.mcpoauth.GrantKey;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KeyCodec}.
 */
class KeyTextTests {

	@Test
	@DisplayName("The application's own record is called what it was called before there were principals")
	void ofWhenThereIsNoPrincipalIsTheServer() {
		assertThat(KeyCodec.of(GrantKey.of("linear"))).isEqualTo("linear");
		assertThat(KeyCodec.of(GrantKey.of("a/b"))).isEqualTo("a/b");
	}

	@Test
	void parseWhenWrittenByOfIsTheKey() {
		for (GrantKey key : List.of(GrantKey.of("linear"), GrantKey.of("linear", "alice"), GrantKey.of("a/b"),
				GrantKey.of("a", "b"), GrantKey.of("a", "b:c"))) {
			assertThat(KeyCodec.parse(KeyCodec.of(key))).isEqualTo(key);
		}
		assertThat(KeyCodec.of(GrantKey.of("a/b"))).isNotEqualTo(KeyCodec.of(GrantKey.of("a", "b")));
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
