// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one grant's provider that its other parts share: all that is needed to
 * judge and renew the grant.
 *
 * @param server the MCP server
 * @param key the grant
 * @param renewal gets the next grant
 * @param binding tells whether a grant belongs to the server as it is configured
 * @param state holds the memory of the grant
 * @param context shared by all providers
 */
record GrantParts(McpServer server, GrantKey key, GrantRenewal renewal, GrantBinding binding, ProviderState state,
		RefreshContext context) {

	static GrantParts of(McpServer server, GrantKey key, GrantRenewal renewal, RefreshContext context, double jitter) {
		Time time = context.time();
		RefreshEvents events = new RefreshEvents(server, key, context.listener(), time.clock());
		return new GrantParts(server, key, renewal, new GrantBinding(server),
				new ProviderState(context.settings(), renewal, time, jitter, events), context);
	}

	TokenStore store() {
		return this.context.store();
	}

	StoreCalls calls() {
		return new StoreCalls(this.key, this.context);
	}

	RefreshSettings settings() {
		return this.context.settings();
	}

	long millis() {
		return this.context.time().clock().millis();
	}

	long nanos() {
		return this.context.time().nanos();
	}

	Standing standing(GrantMemory memory, @Nullable AccessToken replaced) {
		return Standing.of(memory, replaced, this.binding, this.renewal, millis(), nanos());
	}

}
