// SPDX-License-Identifier: Apache-2.0

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
