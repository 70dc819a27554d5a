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

package io.github.mcpoauth.manager;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The servers of this process, by name and by address. Look-ups read one immutable index;
 * changes replace it.
 */
public final class ServerRegistry {

	private volatile Index index = new Index(Map.of());

	/**
	 * Create a registry.
	 * @param servers the servers to begin with
	 */
	public ServerRegistry(Collection<McpServer> servers) {
		Map<String, McpServer> byName = new LinkedHashMap<>();
		servers.forEach((server) -> {
			check(byName, server);
			byName.put(server.name(), server);
		});
		this.index = new Index(byName);
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
		if (index.byOrigin.isEmpty()) {
			return null;
		}
		ServerAddress address = ServerAddress.of(url);
		if (address == null) {
			return null;
		}
		for (Entry entry : index.byOrigin.getOrDefault(address.origin(), List.of())) {
			if (entry.address.covers(address)) {
				return entry.server;
			}
		}
		return null;
	}

	synchronized void add(McpServer server) {
		Map<String, McpServer> byName = new LinkedHashMap<>(this.index.byName);
		check(byName, server);
		byName.put(server.name(), server);
		this.index = new Index(byName);
	}

	synchronized boolean remove(String name) {
		Map<String, McpServer> byName = new LinkedHashMap<>(this.index.byName);
		boolean removed = byName.remove(name) != null;
		this.index = new Index(byName);
		return removed;
	}

	private static void check(Map<String, McpServer> others, McpServer server) {
		Assert.isTrue(server.name().chars().noneMatch(Character::isISOControl),
				"The name of an MCP server must not contain control characters");
		ServerAddress address = addressOf(server);
		others.values().stream().filter((other) -> !other.name().equals(server.name())).forEach((other) -> {
			Assert.isTrue(!other.name().equalsIgnoreCase(server.name()),
					() -> "MCP servers '%s' and '%s' would be stored under one name: rename one".formatted(other.name(),
							server.name()));
			Assert.isTrue(!addressOf(other).equals(address),
					() -> "MCP servers '%s' and '%s' claim the same URL: remove one".formatted(other.name(),
							server.name()));
		});
	}

	private static ServerAddress addressOf(McpServer server) {
		ServerAddress address = ServerAddress.of(server.url());
		Assert.isTrue(address != null,
				() -> "The URL of MCP server '%s' must not have user-info, dot or empty segments, nor encoded slashes or dots"
					.formatted(server.name()));
		return address;
	}

	private record Entry(ServerAddress address, McpServer server) {

	}

	private static final class Index {

		private final Map<String, McpServer> byName;

		private final Map<String, List<Entry>> byOrigin;

		Index(Map<String, McpServer> byName) {
			this.byName = Collections.unmodifiableMap(byName);
			Map<String, List<Entry>> byOrigin = new HashMap<>();
			byName.values().forEach((server) -> {
				ServerAddress address = addressOf(server);
				byOrigin.computeIfAbsent(address.origin(), (origin) -> new ArrayList<>())
					.add(new Entry(address, server));
			});
			byOrigin.values()
				.forEach((entries) -> entries
					.sort(Comparator.comparingInt((Entry entry) -> entry.address.path().length()).reversed()));
			this.byOrigin = byOrigin;
		}

	}

}
