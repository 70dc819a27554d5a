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

package io.github.mcpoauth;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UntrustedText}.
 */
class UntrustedTextTests {

	@Test
	@DisplayName("F32: server text is quoted, cut and stripped of control characters")
	void quoteWhenTextIsHostileMakesItHarmless() {
		assertThat(UntrustedText.quote("a\r\n\u001b[31mb\u202ec\u0000")).isEqualTo("'a   [31mb c '");
		assertThat(UntrustedText.quote("it's")).isEqualTo("'it\"s'");
		assertThat(UntrustedText.quote("x".repeat(300))).hasSize(205).endsWith("x...'");
		assertThat(UntrustedText.quote(null)).isEqualTo("''");
	}

}
