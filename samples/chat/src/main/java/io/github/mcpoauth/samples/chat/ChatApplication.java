// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.chat;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

/**
 * A Spring MVC application whose users log in with Spring Security's form and chat with a
 * model. It has no code for tokens.
 */
@SpringBootApplication
public class ChatApplication {

	public static void main(String[] args) {
		SpringApplication.run(ChatApplication.class, args);
	}

	@Bean
	ChatClient chatClient(ToolCallbackProvider tools) {
		return ChatClient.builder(new ScriptedChatModel()).defaultTools(tools).build();
	}

	/**
	 * The passwords are the names. An application has real users instead.
	 */
	@Bean
	UserDetailsService users() {
		return new InMemoryUserDetailsManager(User.withUsername("alice").password("{noop}alice").build(),
				User.withUsername("bob").password("{noop}bob").build());
	}

}
