// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import java.util.Map;

import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.test.AutoConfigureMcpTestServers;
import io.github.mcpoauth.test.McpTestServer;
import io.github.mcpoauth.test.McpTestServers;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The test in {@code docs/testing.md}.
 */
@SpringBootTest
@AutoConfigureMcpTestServers("linear")
class AgentTests {

	@Test
	void callToolWhenLoggedInSendsTheToken(@Autowired McpTestServers servers, @Autowired McpToolClient tools) {
		McpTestServer linear = servers.authorized("linear").tool("search", "two issues");
		Map<String, Object> result = tools.callTool("linear", "search", Map.of("query", "open")).block();
		assertThat(result).asString().contains("two issues");
		assertThat(linear).receivedToken().receivedToolCall("search", Map.of("query", "open"));
	}

	@Test
	void callToolWhenNotLoggedInAnswersThatALoginIsRequired(@Autowired McpTestServers servers,
			@Autowired McpToolClient tools) {
		McpTestServer linear = servers.loginRequired("linear");
		assertThat(tools.callTool("linear", "search", Map.of()).block()).asString().contains("needs_reauth");
		assertThat(linear).receivedNoToken();
	}

}
