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

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link NeedsReauth}.
 */
class NeedsReauthTests {

	@Test
	void toMapWhenALoginIsNeededIsTheContractWithTheModel() {
		assertThat(new LoginRequiredException("github", "the refresh token was refused.").needsReauth().toMap())
			.containsExactly(
					entry("error", "MCP server 'github' requires re-authentication: the refresh token was refused. "
							+ "Run `mcp login github`. Do NOT retry this tool: ask the user to re-authenticate."),
					entry("needs_reauth", true), entry("server", "github"));
	}

}
