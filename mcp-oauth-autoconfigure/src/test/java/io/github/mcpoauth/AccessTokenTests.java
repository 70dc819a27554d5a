// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link AccessToken}.
 */
class AccessTokenTests {

	private static final URI URL = URI.create("https://mcp.example.com/mcp");

	private final Map<String, String> headers = new LinkedHashMap<>();

	@Test
	void authorizeWhenTokenIsNotBoundSetsOneHeader() {
		AccessToken token = new AccessToken(Secret.of("s3cr3t"), "Bearer", null);
		token.authorize("POST", URL, this.headers::put);
		assertThat(this.headers).containsExactly(entry("Authorization", "Bearer s3cr3t"));
		assertThat(token.isBound()).isFalse();
	}

	@Test
	void authorizeWhenTypeIsDPoPAndThereIsNoKeyFails() {
		AccessToken token = new AccessToken(Secret.of("s3cr3t"), "dpop", null);
		assertThatIllegalStateException().isThrownBy(() -> token.authorize("POST", URL, this.headers::put))
			.withMessageContaining("key")
			.withMessageNotContaining("s3cr3t");
		assertThat(this.headers).isEmpty();
	}

	@Test
	void answeredWhenTokenIsNotBoundDoesNotLookAtTheAnswer() {
		AccessToken token = new AccessToken(Secret.of("s3cr3t"), "Bearer", null);
		assertThat(token.answered(URL, 401, (name) -> List.of("DPoP error=\"use_dpop_nonce\""))).isFalse();
	}

}
