// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GrantPages}.
 */
class GrantPagesTests {

	@Test
	void firstWhenEntriesAreManyKeepsNoMoreThanAPage() {
		List<Integer> sizes = new ArrayList<>();
		List<String> first = List
			.copyOf(GrantPages.first(IntStream.range(0, 10_000).map((number) -> (number * 7919) % 10_000).boxed(),
					"0041", 3, (number) -> {
						sizes.add(number);
						return "%04d".formatted(number);
					})
				.keySet());
		assertThat(first).containsExactly("0042", "0043", "0044");
		assertThat(sizes).hasSize(10_000);
	}

}
