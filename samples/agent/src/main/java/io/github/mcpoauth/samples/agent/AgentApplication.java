// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An agent that calls the tools of OAuth-protected MCP servers.
 */
@SpringBootApplication
public class AgentApplication {

	public static void main(String[] args) {
		SpringApplication.run(AgentApplication.class, args);
	}

}
