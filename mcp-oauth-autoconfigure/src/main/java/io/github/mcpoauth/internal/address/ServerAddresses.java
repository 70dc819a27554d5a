// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the addresses of MCP servers from others. The index is rebuilt when the manager
 * returns another collection of servers.
 */
public final class ServerAddresses implements Predicate<URI> {

	private final Supplier<? extends Collection<McpServer>> servers;

	private volatile @Nullable Snapshot snapshot;

	/**
	 * Create it.
	 * @param servers gives the servers, asked for each address
	 */
	public ServerAddresses(Supplier<? extends Collection<McpServer>> servers) {
		this.servers = servers;
	}

	@Override
	@SuppressWarnings("ReferenceEquality") // a collection that is equal but not the same
											// costs an index, not a wrong answer
	public boolean test(URI url) {
		Collection<McpServer> servers = this.servers.get();
		Snapshot snapshot = this.snapshot;
		if (snapshot == null || snapshot.servers() != servers) {
			// Threads that race here build equal indexes, so the last one may stay
			snapshot = Snapshot.of(servers);
			this.snapshot = snapshot;
		}
		return snapshot.index().find(url) != null;
	}

	private record Snapshot(Collection<McpServer> servers, AddressIndex<McpServer> index) {

		static Snapshot of(Collection<McpServer> servers) {
			Map<HttpAddress, McpServer> addresses = new HashMap<>();
			for (McpServer server : servers) {
				HttpAddress address = HttpAddress.of(server.url());
				if (address != null) {
					addresses.put(address, server);
				}
			}
			return new Snapshot(servers, new AddressIndex<>(addresses));
		}

	}

}
