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

package io.github.mcpoauth.protocol;

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
