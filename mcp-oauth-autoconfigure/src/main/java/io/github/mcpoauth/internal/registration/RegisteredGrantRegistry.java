// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.refresh.RefreshContext;
import io.github.mcpoauth.internal.work.BoundedMap;
import org.jspecify.annotations.Nullable;

/**
 * The knowledge of this process about the tokens that Spring Security keeps, one entry
 * for each user of a server. The entry that was used least recently goes first.
 */
public final class RegisteredGrantRegistry {

	private final Map<GrantKey, RegisteredGrant> grants;

	private final @Nullable AuthorizedClients clients;

	private final RefreshContext context;

	private final Duration exchangeTimeout;

	/**
	 * Create the registry.
	 * @param clients the tokens that Spring Security keeps, {@code null} in a process
	 * without them
	 * @param context shared by all grants
	 * @param exchangeTimeout how long one question may take
	 * @param most how many grants are remembered
	 */
	public RegisteredGrantRegistry(@Nullable AuthorizedClients clients, RefreshContext context,
			Duration exchangeTimeout, int most) {
		this.grants = BoundedMap.dropLeastRecentlyUsed(most);
		this.clients = clients;
		this.context = context;
		this.exchangeTimeout = exchangeTimeout;
	}

	/**
	 * Get or create a grant.
	 * @param server a server with a registration
	 * @param key a grant for that server
	 * @return the same grant for as long as the server is equal
	 */
	public RegisteredGrant grant(McpServer server, GrantKey key) {
		RegisteredGrant grant = this.grants.compute(key,
				(same, present) -> (present != null && present.server().equals(server)) ? present
						: new RegisteredGrant(server, key, this.clients, this.context, this.exchangeTimeout));
		return Objects.requireNonNull(grant);
	}

	/**
	 * Forget the grants of a server.
	 * @param server name of the server
	 */
	public void evict(String server) {
		this.grants.keySet().removeIf((key) -> key.server().equals(server));
	}

	/**
	 * How many users of a server are remembered.
	 * @param server name of the server
	 * @return the numbers
	 */
	public ServerStatus.Principals principals(String server) {
		List<RegisteredGrant> known;
		synchronized (this.grants) {
			known = this.grants.values()
				.stream()
				.filter((grant) -> grant.key().principal() != null && grant.key().server().equals(server))
				.toList();
		}
		return new ServerStatus.Principals(known.size(),
				(int) known.stream().filter(RegisteredGrant::isLoginRequired).count());
	}

}
