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

package io.github.mcpoauth.refresh;

import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthListener;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.discovery.Discovery;
import io.github.mcpoauth.protocol.TokenEndpoint;
import io.github.mcpoauth.store.TokenStore;

/**
 * The providers of this process, one for each grant.
 */
public final class GrantProviders {

	private final Map<GrantKey, GrantProvider> providers = new ConcurrentHashMap<>();

	private final TokenStore store;

	private final GrantRenewal renewal;

	private final RefreshSettings settings;

	private final McpOAuthListener listener;

	private final Clock clock;

	private final double jitter = ThreadLocalRandom.current().nextDouble();

	/**
	 * Create the registry.
	 * @param store where grants are kept
	 * @param tokenEndpoint renews grants
	 * @param discovery finds the token endpoint of a grant that does not name one
	 * @param settings how tokens are kept fresh
	 * @param listener hears of what becomes of tokens
	 * @param clock the time
	 */
	public GrantProviders(TokenStore store, TokenEndpoint tokenEndpoint, Discovery discovery, RefreshSettings settings,
			McpOAuthListener listener, Clock clock) {
		this.store = store;
		this.renewal = new GrantRenewal(store, tokenEndpoint, discovery);
		this.settings = settings;
		this.listener = listener;
		this.clock = clock;
	}

	/**
	 * Get or create the provider of a server's grant.
	 * @param server the server
	 * @return the same provider for as long as the server is equal, a new one when it
	 * changed
	 */
	public GrantProvider provider(McpServer server) {
		GrantProvider provider = this.providers.get(server.key());
		if (provider != null && isSame(provider.server(), server)) {
			return provider;
		}
		return this.providers.compute(server.key(),
				(key, current) -> (current != null && current.server().equals(server)) ? current : create(server));
	}

	@SuppressWarnings("ReferenceEquality") // asked for every request, nearly always the
											// same
	private static boolean isSame(McpServer one, McpServer other) {
		return one == other || one.equals(other);
	}

	private GrantProvider create(McpServer server) {
		return new GrantProvider(server, this.store, this.renewal, this.settings, this.listener, this.clock,
				this.jitter);
	}

	/**
	 * Forget a provider. What it has in flight runs to its end.
	 * @param key the grant
	 */
	public void evict(GrantKey key) {
		this.providers.remove(key);
	}

}
