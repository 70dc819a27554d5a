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
