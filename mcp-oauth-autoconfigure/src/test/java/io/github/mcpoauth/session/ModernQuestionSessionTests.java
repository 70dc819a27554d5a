// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.testing.AskingServer;
import io.github.mcpoauth.testing.ModernAskingServer;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The questions of a server of the protocol of 2026-07-28, which ends a call with them.
 */
class ModernQuestionSessionTests extends QuestionSessionTests {

	@Override
	AskingServer server() {
		return ModernAskingServer.start();
	}

	@Override
	void assertSucceedsAnyway(CallToolResult result) {
		// The call was not made again, so it had no result
		assertThat(SessionFixture.members(result)).containsEntry("needs_user", true);
		assertThat(this.server.calls()).isOne();
	}

	@Override
	@Test
	void callToolWhenServerAsksThreeTimesAnswersEachQuestion() {
		super.callToolWhenServerAsksThreeTimesAnswersEachQuestion();
		assertThat(this.server.calls()).isEqualTo(4);
		assertThat(((ModernAskingServer) this.server).states()).containsExactly(ModernAskingServer.STATE,
				ModernAskingServer.STATE + "ACCEPT{name=one}", ModernAskingServer.STATE + "ACCEPT{name=one}\nACCEPT");
	}

}
