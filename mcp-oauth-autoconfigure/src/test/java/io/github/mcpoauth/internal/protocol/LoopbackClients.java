// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;

import io.github.mcpoauth.McpServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The clients that the application builds, less the address filter.
 */
public final class LoopbackClients implements AuthorizationWebClients {

	/**
	 * Longer than anything takes, shorter than a person waits.
	 */
	public static final Duration PATIENCE = Duration.ofSeconds(30);

	private final WebClient webClient;

	/**
	 * Clients on Reactor Netty.
	 */
	public LoopbackClients() {
		this(new ReactorClientHttpConnector(
				HttpClient.create(ConnectionProvider.newConnection()).followRedirect(false).disableRetry(true)));
	}

	private LoopbackClients(ClientHttpConnector connector) {
		this.webClient = WebClient.builder().clientConnector(connector).build();
	}

	/**
	 * Clients on the HTTP client of the JDK.
	 */
	static LoopbackClients onJdk() {
		return new LoopbackClients(new JdkClientHttpConnector(java.net.http.HttpClient.newBuilder()
			.followRedirects(java.net.http.HttpClient.Redirect.NEVER)
			.connectTimeout(Duration.ofSeconds(5))
			.build()));
	}

	@Override
	public WebClient forServer(McpServer server) {
		return this.webClient;
	}

}
