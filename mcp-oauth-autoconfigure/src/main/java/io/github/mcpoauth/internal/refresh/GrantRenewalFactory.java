// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;

/**
 * How servers' next grants are got, by their settings.
 */
public final class GrantRenewalFactory {

	private final RefreshContext context;

	private final TokenEndpoint tokenEndpoint;

	private final Discovery discovery;

	private final ServerProbe probe;

	private final GrantCredentialFactory entitlements;

	private final Clock clock;

	/**
	 * Create the factory.
	 * @param endpoints the remote parties
	 * @param suppliers the application's sources of credentials
	 * @param context shared by all providers
	 */
	public GrantRenewalFactory(RenewalEndpoints endpoints, CredentialSuppliers suppliers, RefreshContext context) {
		this.context = context;
		this.tokenEndpoint = endpoints.token();
		this.discovery = endpoints.discovery();
		this.probe = endpoints.probe();
		this.entitlements = new GrantCredentialFactory(suppliers.assertions(), suppliers.subjectTokens(),
				endpoints.discovery(), endpoints.token());
		this.clock = context.time().clock();
	}

	/**
	 * The bound of one exchange with a token endpoint.
	 * @return the time after which its outcome is unknown
	 */
	Duration exchangeTimeout() {
		return this.tokenEndpoint.timeout();
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
			return new RefreshTokenRenewal(server, key, this.context, this.tokenEndpoint, this.discovery);
		}
		return new UnattendedRenewal(server, key, this.entitlements.of(server, key), this.discovery, this.probe,
				this.tokenEndpoint, refusalTerm, this.clock);
	}

}
