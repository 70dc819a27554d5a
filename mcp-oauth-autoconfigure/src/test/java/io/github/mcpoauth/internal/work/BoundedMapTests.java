// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BoundedMap}.
 */
class BoundedMapTests {

	@Test
	void dropLeastRecentlyUsedWhenFullKeepsWhatWasRead() {
		Map<String, Integer> map = BoundedMap.dropLeastRecentlyUsed(2);
		map.put("a", 1);
		map.put("b", 2);
		map.get("a");
		map.put("c", 3);
		assertThat(map).containsOnlyKeys("a", "c");
	}

}
