// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.retired;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

/**
 * An application that is still on the MCP SDK 0.18.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class RetiredSdkApplication {

	/**
	 * Run the application.
	 * @param args properties, or a command
	 */
	public static void main(String[] args) {
		SpringApplication.run(RetiredSdkApplication.class, args);
	}

}
