// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import java.util.Map;

import io.github.mcpoauth.test.McpTestServer;
import io.github.mcpoauth.test.McpTestServers;
import org.junit.jupiter.api.Test;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application with the test server in place of its Spring AI connection.
 */
@SpringBootTest
class SpringAiAgentTests {

	@Test
	void chatWhenLoggedInCallsTheToolOfTheTestServer(@Autowired McpTestServers servers, @Autowired ChatClient chat) {
		McpTestServer demo = servers.authorized("demo").tool("echo", "hello");
		assertThat(chat.prompt("echo hi").call().content()).contains("hello");
		assertThat(demo).receivedToken().receivedToolCall("echo", Map.of("message", "hi"));
	}

	@Test
	void chatWhenNotLoggedInTellsTheModel(@Autowired McpTestServers servers, @Autowired ChatClient chat) {
		McpTestServer demo = servers.loginRequired("demo");
		assertThat(chat.prompt("echo hi").call().content()).contains("needs_reauth");
		assertThat(demo).receivedNoToken().receivedNoToolCall();
	}

}
