// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.address.AddressIndex;
import io.github.mcpoauth.internal.address.HttpAddress;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * The servers of this process, by name and by address. Look-ups read one immutable index;
 * changes replace it.
 */
final class ServerRegistry {

	private final @Nullable String page;

	// Replaced as a whole, under the monitor: a request reads it without a lock
	private volatile Index index;

	/**
	 * Create a registry.
	 * @param servers the first servers
	 * @param page address of the page where users connect servers, {@code null} if there
	 * is no such page
	 */
	ServerRegistry(Collection<McpServer> servers, @Nullable String page) {
		this.page = page;
		Map<String, Entry> byName = new LinkedHashMap<>();
		for (McpServer server : servers) {
			Assert.isTrue(byName.put(server.name(), new Entry(connectable(server))) == null,
					() -> "Two MCP servers are named '%s': rename one".formatted(server.name()));
		}
		this.index = new Index(byName);
	}

	/**
	 * The configured servers.
	 * @return a snapshot, in the order they were added
	 */
	Collection<McpServer> servers() {
		return this.index.servers;
	}

	/**
	 * Get a server.
	 * @param name its name
	 * @return the server
	 * @throws UnknownServerException if there is no such server
	 */
	McpServer get(String name) {
		return entry(name).server();
	}

	boolean contains(String name) {
		return this.index.byName.containsKey(name);
	}

	Entry entry(String name) {
		Index index = this.index;
		Entry entry = index.byName.get(name);
		if (entry == null) {
			throw new UnknownServerException(name, index.byName.keySet());
		}
		return entry;
	}

	/**
	 * The servers that a request may belong to.
	 * @param url address of a request
	 * @return the servers with the longest path that the address lies at or below, more
	 * than one if they have the same URL, {@code null} if absent
	 */
	@Nullable List<Entry> find(URI url) {
		return this.index.byAddress.find(url);
	}

	private McpServer connectable(McpServer server) {
		return (server.page() == null && this.page != null) ? server.withPage(this.page) : server;
	}

	synchronized void add(McpServer added) {
		McpServer server = connectable(added);
		Map<String, Entry> byName = new LinkedHashMap<>(this.index.byName);
		Entry present = byName.get(server.name());
		if (present == null || !present.server().equals(server)) {
			byName.put(server.name(), new Entry(server));
			this.index = new Index(byName);
		}
	}

	synchronized boolean remove(String name) {
		Map<String, Entry> byName = new LinkedHashMap<>(this.index.byName);
		boolean removed = byName.remove(name) != null;
		this.index = new Index(byName);
		return removed;
	}

	private static HttpAddress addressOf(McpServer server) {
		HttpAddress address = HttpAddress.of(server.url());
		Assert.isTrue(address != null,
				() -> "The URL of MCP server '%s' must not have user-info, dot or empty segments, nor encoded dots or control characters"
					.formatted(server.name()));
		return address;
	}

	/**
	 * A server and the provider of the application's own grant, which most requests need
	 * and which therefore needs no look-up of its own.
	 */
	static final class Entry {

		private final McpServer server;

		private volatile @Nullable Mono<McpOAuthProvider> own;

		Entry(McpServer server) {
			this.server = server;
		}

		McpServer server() {
			return this.server;
		}

		/**
		 * The provider of the application's own grant.
		 * @param factory creates the provider
		 * @return a mono with the provider
		 */
		Mono<McpOAuthProvider> own(Function<McpServer, McpOAuthProvider> factory) {
			Mono<McpOAuthProvider> own = this.own;
			if (own == null) {
				// Two threads may both create one: handles of a grant share their state
				own = Mono.just(factory.apply(this.server));
				this.own = own;
			}
			return own;
		}

	}

	private static final class Index {

		private final Map<String, Entry> byName;

		private final AddressIndex<List<Entry>> byAddress;

		private final Collection<McpServer> servers;

		Index(Map<String, Entry> byName) {
			Map<HttpAddress, List<Entry>> byAddress = new HashMap<>();
			Map<String, McpServer> byFile = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
			for (Entry entry : byName.values()) {
				McpServer server = entry.server();
				Assert.isTrue(server.name().chars().noneMatch(Character::isISOControl),
						"The name of an MCP server must not contain control characters");
				McpServer namesake = byFile.put(server.name(), server);
				Assert.isTrue(namesake == null,
						() -> "MCP servers '%s' and '%s' would be stored under one name: rename one"
							.formatted(nameOf(namesake), server.name()));
				byAddress.computeIfAbsent(addressOf(server), (address) -> new ArrayList<>()).add(entry);
			}
			this.byName = Collections.unmodifiableMap(byName);
			this.byAddress = new AddressIndex<>(byAddress);
			this.servers = byName.values().stream().map(Entry::server).toList();
		}

		private static @Nullable String nameOf(@Nullable McpServer server) {
			return (server != null) ? server.name() : null;
		}

	}

}
