// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
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
