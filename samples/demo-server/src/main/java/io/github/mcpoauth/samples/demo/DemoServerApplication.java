// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/**
 * An authorization server and an OAuth-protected MCP server in one application.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(DemoProperties.class)
public class DemoServerApplication {

	/**
	 * Start the server and say how to use it.
	 * @param args properties, for example {@code --server.port=0}
	 */
	@SuppressWarnings("resource")
	public static void main(String[] args) {
		DemoServer server = DemoServer.start(args);
		System.out.printf("MCP server:            %s%n", server.mcpUrl());
		System.out.printf("Authorization server:  %s (log in as demo, password demo)%n", server.url());
	}

}
