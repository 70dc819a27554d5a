// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Adds the {@linkplain McpServer#headers() headers of a gateway} to requests to an MCP
 * server. A request to another origin never gets them: the check is made here, where the
 * headers are written.
 */
public final class GatewayHeaders implements ExchangeFilterFunction {

	private final Servers servers;

	private GatewayHeaders(Servers servers) {
		this.servers = servers;
	}

	/**
	 * For requests of an application to any of several servers.
	 * @param servers gives the servers, asked for each request
	 * @return a filter that acts at and below the URL of each server
	 */
	public static GatewayHeaders below(Supplier<? extends Collection<McpServer>> servers) {
		return new GatewayHeaders(new Below(servers));
	}

	/**
	 * For OAuth requests on behalf of one server.
	 * @param server the server
	 * @return a filter that acts on requests to the server's origin
	 */
	public static GatewayHeaders atOriginOf(McpServer server) {
		return new GatewayHeaders((url) -> HttpAddress.isSameOrigin(url, server.url()) ? server : null);
	}

	/**
	 * Apply this filter, unless no server has headers: then a request costs nothing more.
	 * @param exchange the exchange to filter
	 * @return the exchange to use for one request
	 */
	@Override
	public ExchangeFunction apply(ExchangeFunction exchange) {
		return this.servers.isEmpty() ? exchange : ExchangeFilterFunction.super.apply(exchange);
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		McpServer server = this.servers.find(request.url());
		if (server == null || server.headers().isEmpty()) {
			return next.exchange(request);
		}
		return next.exchange(ClientRequest.from(request)
			.headers((headers) -> server.headers().forEach((name, value) -> headers.set(name, value.reveal())))
			.build());
	}

	private interface Servers {

		@Nullable McpServer find(URI url);

		default boolean isEmpty() {
			return false;
		}

	}

	/**
	 * Finds servers by address. The index is rebuilt when the supplier returns another
	 * collection, so that a request of an application without gateways allocates nothing.
	 */
	private static final class Below implements Servers {

		private final Supplier<? extends Collection<McpServer>> servers;

		private volatile @Nullable Snapshot snapshot;

		Below(Supplier<? extends Collection<McpServer>> servers) {
			this.servers = servers;
		}

		@Override
		public @Nullable McpServer find(URI url) {
			return index().find(url);
		}

		@Override
		public boolean isEmpty() {
			return index().isEmpty();
		}

		@SuppressWarnings("ReferenceEquality") // an equal collection costs an index
		private AddressIndex<McpServer> index() {
			Collection<McpServer> servers = this.servers.get();
			Snapshot snapshot = this.snapshot;
			if (snapshot == null || snapshot.servers() != servers) {
				// Threads that race here build equal indexes, so the last one may stay
				snapshot = Snapshot.of(servers);
				this.snapshot = snapshot;
			}
			return snapshot.index();
		}

	}

	private record Snapshot(Collection<McpServer> servers, AddressIndex<McpServer> index) {

		static Snapshot of(Collection<McpServer> servers) {
			Map<HttpAddress, McpServer> addresses = new HashMap<>();
			for (McpServer server : servers) {
				HttpAddress address = server.headers().isEmpty() ? null : HttpAddress.of(server.url());
				if (address != null) {
					addresses.put(address, server);
				}
			}
			return new Snapshot(servers, new AddressIndex<>(addresses));
		}

	}

}
