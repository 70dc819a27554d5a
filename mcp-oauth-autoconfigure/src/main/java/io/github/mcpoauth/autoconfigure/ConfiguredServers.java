// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.function.SingletonSupplier;

/**
 * All servers that get a token or headers: those of the manager, and those with OAuth
 * off. Returns the same collection until the manager returns another one.
 */
final class ConfiguredServers implements Supplier<Collection<McpServer>> {

	private final Supplier<McpOAuthManager> manager;

	private final Supplier<List<McpServer>> others;

	// Replaced as a whole: a reader sees the servers of one point in time
	private volatile @Nullable Joined joined;

	ConfiguredServers(ObjectProvider<McpOAuthManager> manager, ObjectProvider<McpOAuthConfiguration> configuration) {
		this.manager = SingletonSupplier.of(manager::getObject);
		this.others = SingletonSupplier
			.of(() -> configuration.stream().findFirst().map(McpOAuthConfiguration::withoutOAuth).orElseGet(List::of));
	}

	@Override
	@SuppressWarnings("ReferenceEquality") // an equal collection costs a copy
	public Collection<McpServer> get() {
		Collection<McpServer> servers = this.manager.get().servers();
		if (this.others.get().isEmpty()) {
			return servers;
		}
		Joined joined = this.joined;
		if (joined == null || joined.servers() != servers) {
			// Threads that race here make equal copies, so the last one may stay
			List<McpServer> all = new ArrayList<>(servers);
			all.addAll(this.others.get());
			joined = new Joined(servers, List.copyOf(all));
			this.joined = joined;
		}
		return joined.all();
	}

	private record Joined(Collection<McpServer> servers, List<McpServer> all) {

	}

}
