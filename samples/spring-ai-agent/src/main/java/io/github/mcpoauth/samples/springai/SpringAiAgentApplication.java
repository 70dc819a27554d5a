// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/**
 * A Spring AI application with a chat model that calls the tools of an OAuth-protected
 * MCP server.
 */
@SpringBootApplication
public class SpringAiAgentApplication {

	public static void main(String[] args) {
		SpringApplication.run(SpringAiAgentApplication.class, args);
	}

	@Bean
	ChatClient chatClient(ToolCallbackProvider tools) {
		return ChatClient.builder(new ScriptedChatModel()).defaultTools(tools).build();
	}

}
