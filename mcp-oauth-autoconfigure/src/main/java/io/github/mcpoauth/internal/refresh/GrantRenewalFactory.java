// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

/**
 * How servers' next grants are got, by their settings.
 */
public final class GrantRenewalFactory {

	private final TokenStore store;

	private final TokenEndpoint tokenEndpoint;

	private final Discovery discovery;

	private final ServerProbe probe;

	private final GrantCredentialFactory entitlements;

	private final Clock clock;

	/**
	 * Create the renewals.
	 * @param store where grants and clients are kept
	 * @param tokenEndpoint issues grants
	 * @param discovery finds out whom to ask
	 * @param probe hears from an MCP server who authorizes its clients
	 * @param assertions gives assertions that are in no file, {@code null} for none
	 * @param subjectTokens gives users' tokens that are in no file, {@code null} for none
	 * @param clock the time
	 */
	public GrantRenewalFactory(TokenStore store, TokenEndpoint tokenEndpoint, Discovery discovery, ServerProbe probe,
			@Nullable AssertionSupplier assertions, @Nullable SubjectTokenSupplier subjectTokens, Clock clock) {
		this.store = store;
		this.tokenEndpoint = tokenEndpoint;
		this.discovery = discovery;
		this.probe = probe;
		this.entitlements = new GrantCredentialFactory(assertions, subjectTokens, discovery, tokenEndpoint);
		this.clock = clock;
	}

	/**
	 * How the next grant of a key is got.
	 * @param server the server
	 * @param key the grant
	 * @param refusalTerm how long a refusal is believed where a correction would not show
	 * @return the renewal
	 */
	GrantRenewal of(McpServer server, GrantKey key, Duration refusalTerm) {
		if (server.oauth().grantType().needsPerson()) {
			return new RefreshTokenRenewal(server, key, this.store, this.tokenEndpoint, this.discovery);
		}
		return new UnattendedRenewal(server, key, this.entitlements.of(server, key), this.discovery, this.probe,
				this.tokenEndpoint, refusalTerm, this.clock);
	}

}
