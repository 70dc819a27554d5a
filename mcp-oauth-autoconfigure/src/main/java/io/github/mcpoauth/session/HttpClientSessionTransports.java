// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.httpclient.FilteredHttpClient;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpClientTransport;

import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Streamable HTTP, and HTTP+SSE of 2024-11-05, over the HTTP client of the JDK.
 */
public final class HttpClientSessionTransports implements SessionTransports {

	private final McpOAuthManager manager;

	private final Duration patience;

	private final WorkThreads threads;

	/**
	 * One for all requests without a session: each of these clients has a thread.
	 */
	private final Supplier<HttpClient> httpClient;

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
		this.httpClient = SingletonSupplier
			.of(() -> HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(patience).build());
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

	@Override
	@SuppressWarnings({ "deprecation", "removal" }) // For the servers that are left
	public McpClientTransport createSse(McpServer server, GrantKey key, ExchangeFilterFunction first) {
		HttpClient.Builder client = HttpClient.newBuilder()
			.version(HttpClient.Version.HTTP_1_1)
			.connectTimeout(this.patience);
		return HttpClientSseClientTransport.builder(HttpAddress.origin(server.url()))
			.sseEndpoint(server.url().toString())
			.clientBuilder(FilteredHttpClient.builder(client, (url) -> true,
					first.andThen(SseStream.authorization(this.manager, server, key))))
			.asyncHttpRequestCustomizer(HttpClientTransportCustomizer::carryContext)
			.messageEndpointValidator(SseStream::leaveToFilter)
			.build();
	}

	@Override
	public WebClient webClient(McpServer server, GrantKey key) {
		WebClient.Builder webClient = WebClient.builder()
			.clientConnector(new JdkClientHttpConnector(this.httpClient.get()));
		McpSessionFilter.withoutSession(webClient, this.manager, server, key, this.threads);
		return webClient.build();
	}

}
