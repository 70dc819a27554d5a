// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.chat;

import java.util.Map;

import io.github.mcpoauth.test.McpTestServer;
import io.github.mcpoauth.test.McpTestServers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application with the test server in place of its Spring AI connection.
 */
@SpringBootTest
class ChatApplicationTests {

	@AfterEach
	void logOut() {
		SecurityContextHolder.clearContext();
	}

	@Test
	void chatWhenOneUserHasConnectedHasToolsForThatUserOnly(@Autowired McpTestServers servers,
			@Autowired ChatClient chat) {
		McpTestServer demo = servers.authorized("demo", "alice").tool("echo", "hello");
		servers.loginRequired("demo", "bob");
		assertThat(ask(chat, "alice", "echo hi")).contains("hello");
		assertThat(ask(chat, "bob", "echo hi")).contains("needs_reauth", "/mcp/connections");
		assertThat(demo).receivedTokenOf("alice")
			.receivedNoTokenOf("bob")
			.receivedToolCall("echo", Map.of("message", "hi"));
	}

	private static @Nullable String ask(ChatClient chat, String user, String message) {
		SecurityContextHolder.setContext(new SecurityContextImpl(
				UsernamePasswordAuthenticationToken.authenticated(user, null, AuthorityUtils.NO_AUTHORITIES)));
		return chat.prompt(message).call().content();
	}

}
