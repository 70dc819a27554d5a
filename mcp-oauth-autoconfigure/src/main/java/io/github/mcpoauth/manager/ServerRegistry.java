// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.address.ServerAddress;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The servers of this process, by name and by address. Look-ups read one immutable index;
 * changes replace it.
 */
public final class ServerRegistry {

	private volatile Index index;

	/**
	 * Create a registry.
	 * @param servers the servers to begin with
	 */
	public ServerRegistry(Collection<McpServer> servers) {
		this.index = new Index(servers);
	}

	/**
	 * The servers there are now.
	 * @return a snapshot, in the order they were added
	 */
	public Collection<McpServer> servers() {
		return this.index.byName.values();
	}

	/**
	 * Find a server.
	 * @param name its name
	 * @return the server, {@code null} if there is none
	 */
	public @Nullable McpServer find(String name) {
		return this.index.byName.get(name);
	}

	/**
	 * Get a server.
	 * @param key a grant of it
	 * @return the server
	 * @throws UnknownServerException if there is none
	 */
	public McpServer get(GrantKey key) {
		Index index = this.index;
		McpServer server = index.byName.get(key.server());
		if (server == null) {
			throw new UnknownServerException(key.server(), index.byName.keySet());
		}
		return server;
	}

	/**
	 * The server that a request belongs to.
	 * @param url address of a request
	 * @return the server with the longest path that the address lies at or below,
	 * {@code null} if there is none
	 */
	@Nullable McpServer serverFor(URI url) {
		Index index = this.index;
		ServerAddress address = index.mayCover(url) ? ServerAddress.of(url) : null;
		while (address != null) {
			McpServer server = index.byAddress.get(address);
			if (server != null) {
				return server;
			}
			address = address.parent();
		}
		return null;
	}

	synchronized void add(McpServer server) {
		Map<String, McpServer> byName = new LinkedHashMap<>(this.index.byName);
		byName.put(server.name(), server);
		this.index = new Index(byName.values());
	}

	synchronized boolean remove(String name) {
		Map<String, McpServer> byName = new LinkedHashMap<>(this.index.byName);
		boolean removed = byName.remove(name) != null;
		this.index = new Index(byName.values());
		return removed;
	}

	private static ServerAddress addressOf(McpServer server) {
		ServerAddress address = ServerAddress.of(server.url());
		Assert.isTrue(address != null,
				() -> "The URL of MCP server '%s' must not have user-info, dot or empty segments, nor encoded slashes or dots"
					.formatted(server.name()));
		return address;
	}

	private static final class Index {

		private final Map<String, McpServer> byName;

		private final Map<ServerAddress, McpServer> byAddress = new HashMap<>();

		private final Set<String> hosts = new HashSet<>();

		Index(Collection<McpServer> servers) {
			Map<String, McpServer> byName = new LinkedHashMap<>();
			Map<String, McpServer> byFile = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
			for (McpServer server : servers) {
				Assert.isTrue(server.name().chars().noneMatch(Character::isISOControl),
						"The name of an MCP server must not contain control characters");
				McpServer namesake = byFile.put(server.name(), server);
				Assert.isTrue(namesake == null,
						() -> "MCP servers '%s' and '%s' would be stored under one name: rename one"
							.formatted(nameOf(namesake), server.name()));
				ServerAddress address = addressOf(server);
				McpServer neighbour = this.byAddress.put(address, server);
				Assert.isTrue(neighbour == null, () -> "MCP servers '%s' and '%s' claim the same URL: remove one"
					.formatted(nameOf(neighbour), server.name()));
				byName.put(server.name(), server);
				this.hosts.add(address.host());
			}
			this.byName = Collections.unmodifiableMap(byName);
		}

		private static @Nullable String nameOf(@Nullable McpServer server) {
			return (server != null) ? server.name() : null;
		}

		/**
		 * Most requests of an application go elsewhere, and this is all they are asked.
		 */
		boolean mayCover(URI url) {
			String host = url.getHost();
			return host != null && this.hosts.contains(host.toLowerCase(Locale.ROOT));
		}

	}

}
