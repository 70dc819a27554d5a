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

package io.github.mcpoauth.session;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthManager;
import io.github.mcpoauth.McpServer;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpClientTransport;

/**
 * Streamable HTTP over the HTTP client of the JDK.
 */
public final class HttpClientSessionTransports implements SessionTransports {

	private final McpOAuthManager manager;

	private final Duration patience;

	/**
	 * Create a factory.
	 * @param manager the manager whose filter the requests pass
	 * @param patience how long after it was made a call may still be sent again
	 */
	public HttpClientSessionTransports(McpOAuthManager manager, Duration patience) {
		this.manager = manager;
		this.patience = patience;
	}

	@Override
	public McpClientTransport create(McpServer server) {
		return create(server, server.key());
	}

	@Override
	@SuppressWarnings("deprecation") // What takes its place comes with SDK 2.1
	public McpClientTransport create(McpServer server, GrantKey key) {
		String url = server.url().toString();
		HttpClientStreamableHttpTransport.Builder transport = HttpClientStreamableHttpTransport.builder(url)
			.endpoint(url)
			.asyncHttpRequestCustomizer(HttpClientTransportCustomizer::carryContext);
		HttpClientTransportCustomizer.forSession(this.manager, key, this.patience).customizeClient(transport);
		return transport.build();
	}

}
