// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * An agent with the starter that takes commands of a test in lines, one after the other,
 * and prints the results in lines.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class AgentApplication {

	@Bean
	AgentClock clock() {
		return new AgentClock();
	}

	/**
	 * Start the agent.
	 * @param arguments properties
	 * @throws IOException if there is nothing to read
	 */
	public static void main(String[] arguments) throws IOException {
		try (ConfigurableApplicationContext context = SpringApplication.run(AgentApplication.class, arguments);
				BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
			Agent agent = new Agent(context.getBean(McpOAuthManager.class), context.getBean(McpToolClient.class),
					context.getBean(AgentClock.class));
			System.out.println("@ready");
			for (String line = input.readLine(); line != null; line = input.readLine()) {
				System.out.println(agent.tell(line));
			}
		}
	}

}
