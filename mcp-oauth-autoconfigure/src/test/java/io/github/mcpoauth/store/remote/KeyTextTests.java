/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.store.remote;

import java.util.List;

import io.github.mcpoauth.GrantKey;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link KeyText}.
 */
class KeyTextTests {

	@Test
	@DisplayName("The application's own record is called what it was called before there were principals")
	void ofWhenThereIsNoPrincipalIsTheServer() {
		assertThat(KeyText.of(GrantKey.of("linear"))).isEqualTo("linear");
		assertThat(KeyText.of(GrantKey.of("a/b"))).isEqualTo("a/b");
	}

	@Test
	void parseWhenWrittenByOfIsTheKey() {
		for (GrantKey key : List.of(GrantKey.of("linear"), GrantKey.of("linear", "alice"), GrantKey.of("a/b"),
				GrantKey.of("a", "b"), GrantKey.of("a", "b:c"))) {
			assertThat(KeyText.parse(KeyText.of(key))).isEqualTo(key);
		}
		assertThat(KeyText.of(GrantKey.of("a/b"))).isNotEqualTo(KeyText.of(GrantKey.of("a", "b")));
	}

	@Test
	void ofWhenThePairIsLongFitsAColumnAndIsUnique() {
		GrantKey one = GrantKey.of("linear", "a".repeat(256));
		GrantKey other = GrantKey.of("linear", "a".repeat(255) + "b");
		assertThat(KeyText.of(one)).hasSizeLessThanOrEqualTo(255).isNotEqualTo(KeyText.of(other));
		assertThat(KeyText.parse(KeyText.of(one))).isNull();
		assertThat(KeyText.parse("")).isNull();
	}

}
