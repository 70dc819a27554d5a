// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;

/**
 * Creates the renewals of grants, by the settings of their servers.
 */
public final class GrantRenewalFactory {

	private final RenewalEndpoints endpoints;

	private final RefreshContext context;

	private final GrantCredentialFactory credentials;

	/**
	 * Create the factory.
	 * @param endpoints the remote parties
	 * @param suppliers the application's sources of credentials
	 * @param context shared by all providers
	 */
	public GrantRenewalFactory(RenewalEndpoints endpoints, CredentialSuppliers suppliers, RefreshContext context) {
		this.endpoints = endpoints;
		this.context = context;
		this.credentials = new GrantCredentialFactory(suppliers, endpoints, context.threads());
	}

	/**
	 * The bound of one exchange with a token endpoint.
	 * @return the time after which its outcome is unknown
	 */
	Duration exchangeTimeout() {
		return this.endpoints.token().timeout();
	}

	/**
	 * Create the renewal of a grant.
	 * @param server the server
	 * @param key the grant
	 * @return the renewal
	 */
	GrantRenewal of(McpServer server, GrantKey key) {
		return server.oauth().grantType().needsUser()
				? new RefreshTokenRenewal(server, key, this.context, this.endpoints.token(), this.endpoints.discovery())
				: new UnattendedRenewal(server, key, this.credentials.of(server, key), this.endpoints, this.context);
	}

}
