// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpClientTransport;

/**
 * Streamable HTTP over the HTTP client of the JDK.
 */
public final class HttpClientSessionTransports implements SessionTransports {

	private final McpOAuthManager manager;

	private final Duration patience;

	private final WorkThreads threads;

	/**
	 * Create a factory.
	 * @param manager its filter adds the tokens
	 * @param patience how long after it was made a call may still be sent again
	 * @param threads run the deadlines
	 */
	public HttpClientSessionTransports(McpOAuthManager manager, Duration patience, WorkThreads threads) {
		this.manager = manager;
		this.patience = patience;
		this.threads = threads;
	}

	@Override
	public McpClientTransport create(McpServer server) {
		return create(server, server.key());
	}

	@Override
	@SuppressWarnings("deprecation") // Its replacement exists in SDK 2.1 only
	public McpClientTransport create(McpServer server, GrantKey key) {
		String url = server.url().toString();
		HttpClientStreamableHttpTransport.Builder transport = HttpClientStreamableHttpTransport.builder(url)
			.endpoint(url)
			.asyncHttpRequestCustomizer(HttpClientTransportCustomizer::carryContext);
		HttpClientTransportCustomizer.forSession(this.manager, key, this.patience, this.threads)
			.customizeClient(transport);
		return transport.build();
	}

}
