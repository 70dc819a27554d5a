// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * Asks an application for its connections page.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration(excludeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
public class ConnectionsProcess {

	public static void main(String[] args) throws Exception {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(ConnectionsProcess.class)
			.web("servlet".equals(System.getProperty("test.web")) ? WebApplicationType.SERVLET
					: WebApplicationType.REACTIVE)
			.run("--server.port=0", "--server.address=127.0.0.1", "--mcp.oauth.web.enabled=true",
					"--mcp.oauth.web.allow-unprotected=true", "--mcp.servers.demo.url=https://mcp.example/mcp",
					"--mcp.servers.demo.oauth=", "--mcp.oauth.store.file.directory=" + args[0])) {
			URI url = URI.create("http://127.0.0.1:%s/mcp/connections"
				.formatted(context.getEnvironment().getProperty("local.server.port")));
			HttpResponse<String> response = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
			System.out.println("Answer: " + response.statusCode() + " " + response.body());
		}
	}

}
