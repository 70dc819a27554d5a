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

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * Asks an application for its connections page, with whatever is on the class path.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration(excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
public class ConnectionsProcess {

	public static void main(String[] args) throws Exception {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(ConnectionsProcess.class)
			.web("servlet".equals(args[0]) ? WebApplicationType.SERVLET : WebApplicationType.REACTIVE)
			.run("--server.port=0", "--server.address=127.0.0.1", "--mcp.oauth.web.enabled=true",
					"--mcp.servers.demo.url=https://mcp.example/mcp", "--mcp.servers.demo.oauth=",
					"--mcp.oauth.store.file.directory=" + Files.createTempDirectory("tokens"))) {
			URI url = URI.create("http://127.0.0.1:%s/mcp/connections"
				.formatted(context.getEnvironment().getProperty("local.server.port")));
			HttpResponse<String> response = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
			System.out.println("Answer: " + response.statusCode() + " " + response.body());
		}
	}

}
