// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.Map;

import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The same over the JDK's HTTP client.
 */
class HttpClientSessionHealingTests extends SessionHealingTests {

	@Override
	SessionFixture fixture() {
		return SessionFixture.overHttpClient();
	}

	@Test
	@Override
	void callToolWhenEventStreamCanBeResumedGetsTheRestOfTheAnswer() {
		// This transport does not ask for the rest
		this.fixture.write();
		this.fixture.server.script(1, (request) -> request.method().equals("tools/call"),
				Fault.cutAfter("id: e1\n" + ScriptedMcpServer.event(Map.of("jsonrpc", "2.0", "method",
						"notifications/message", "params", Map.of("level", "info", "data", "under way")))));
		assertThat(SessionFixture.members(this.fixture.write())).containsEntry("outcome_uncertain", true);
		assertThat(this.fixture.server.received("tools/call")).hasSize(2);
	}

}
