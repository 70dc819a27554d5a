// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.modelcontextprotocol.spec.McpClientTransport;

import org.springframework.ai.mcp.client.webflux.transport.WebClientStreamableHttpTransport;
import org.springframework.ai.mcp.client.webflux.transport.WebFluxSseClientTransport;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.util.DefaultUriBuilderFactory;
import org.springframework.web.util.DefaultUriBuilderFactory.EncodingMode;

/**
 * Streamable HTTP, and HTTP+SSE of 2024-11-05, over a {@link WebClient}.
 */
public final class WebFluxSessionTransports implements SessionTransports {

	private final McpOAuthManager manager;

	private final Supplier<WebClient.Builder> webClients;

	private final Duration patience;

	private final WorkThreads threads;

	/**
	 * Create a factory.
	 * @param manager its filter adds the tokens
	 * @param webClients supplies builders with the settings that all clients of the
	 * application share
	 * @param patience how long after it was made a call may still be sent again
	 * @param threads run the deadlines
	 */
	public WebFluxSessionTransports(McpOAuthManager manager, Supplier<WebClient.Builder> webClients, Duration patience,
			WorkThreads threads) {
		this.manager = manager;
		this.webClients = webClients;
		this.patience = patience;
		this.threads = threads;
	}

	@Override
	public McpClientTransport create(McpServer server) {
		return create(server, server.key());
	}

	@Override
	public McpClientTransport create(McpServer server, GrantKey key) {
		WebClient.Builder webClient = webClient(new DefaultUriBuilderFactory()).filters((filters) -> {
			filters.add(0, McpSessionFilter.ownedBy(key));
			filters.add(1, new McpSessionFilter(() -> this.manager, this.patience, this.threads));
			filters.add(this.manager.filter(server.name()));
			filters.add(McpSessionFilter.deadline());
		});
		return WebClientStreamableHttpTransport.builder(webClient).endpoint(server.url().toString()).build();
	}

	@Override
	@SuppressWarnings({ "deprecation", "removal" }) // For the servers that are left
	public McpClientTransport createSse(McpServer server, GrantKey key, ExchangeFilterFunction first) {
		// The server names the address for messages without its origin
		DefaultUriBuilderFactory addresses = new DefaultUriBuilderFactory(HttpAddress.origin(server.url()));
		WebClient.Builder webClient = webClient(addresses).filters((filters) -> {
			filters.add(0, first);
			filters.add(SseStream.authorization(this.manager, server, key));
		});
		return WebFluxSseClientTransport.builder(webClient)
			.sseEndpoint(server.url().toString())
			.messageEndpointValidator(SseStream::leaveToFilter)
			.build();
	}

	private WebClient.Builder webClient(DefaultUriBuilderFactory addresses) {
		// The configured address is sent as it is: braces in it are no template variables
		addresses.setEncodingMode(EncodingMode.NONE);
		return this.webClients.get()
			.clone()
			.uriBuilderFactory(addresses)
			.codecs((codecs) -> codecs.defaultCodecs().maxInMemorySize(McpSessionFilter.LARGEST_MESSAGE));
	}

	@Override
	public WebClient webClient(McpServer server, GrantKey key) {
		WebClient.Builder webClient = this.webClients.get().clone();
		McpSessionFilter.withoutSession(webClient, this.manager, server, key, this.threads);
		return webClient.build();
	}

}
