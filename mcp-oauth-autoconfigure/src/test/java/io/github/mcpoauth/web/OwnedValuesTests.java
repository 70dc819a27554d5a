// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How much the page keeps for its users.
 */
class OwnedValuesTests {

	private final OwnedValues<Integer> values = new OwnedValues<>(3);

	@Test
	@DisplayName("S14: a user that adds many values loses its own, never those of another user")
	void putWhenOwnerHasManyRemovesItsOwnOldest() {
		this.values.put("alice", "a", 1);
		for (int i = 0; i < 100_000; i++) {
			this.values.put("mallory", "m" + i, i);
		}
		assertThat(this.values.get("a")).isEqualTo(1);
		assertThat(this.values.get("m99996")).isNull();
		assertThat(this.values.get("m99997")).isEqualTo(99_997);
		assertThat(this.values.newest("mallory")).isEqualTo(99_999);
	}

	@Test
	void putWhenThereAreManyOwnersRemovesTheIdlest() {
		this.values.put("idle", "i", 1);
		for (int i = 0; i < 10_000; i++) {
			this.values.put("owner" + i, "o" + i, i);
		}
		assertThat(this.values.get("i")).isNull();
		assertThat(this.values.newest("idle")).isNull();
		assertThat(this.values.get("o0")).isZero();
	}

}
