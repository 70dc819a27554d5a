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
