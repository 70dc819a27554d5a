// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.text;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

	@ParameterizedTest
	@CsvSource({ "https://mcp.example.com/mcp, https://mcp.example.com/mcp",
			"https://mcp.example.com/mcp?key=secret#x, https://mcp.example.com/mcp?...",
			"https://user:secret@mcp.example.com/a@b, https://mcp.example.com/a@b" })
	void withoutSecretsWhenAddressHasAQueryOrAUserLeavesThemOut(String url, String shown) {
		assertThat(UntrustedText.withoutSecrets(url)).isEqualTo(shown);
	}

}
