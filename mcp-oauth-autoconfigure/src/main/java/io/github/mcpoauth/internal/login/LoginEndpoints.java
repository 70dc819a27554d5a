// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.time.Duration;

import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ClientRegistrationEndpoint;
import io.github.mcpoauth.internal.protocol.DeviceAuthorizationEndpoint;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.PushedAuthorizationRequestEndpoint;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.protocol.TokenRevocationEndpoint;
import io.github.mcpoauth.internal.work.WorkThreads;

/**
 * The endpoints that logins and logouts talk to.
 *
 * @param discovery finds the authorization server
 * @param token the token endpoint, shared with refreshes: each learns the habits of the
 * server from the other
 * @param clients the clients to talk to it with, on the threads of the manager
 * @param settings bounds of an exchange
 * @param clock the clock
 */
public record LoginEndpoints(Discovery discovery, TokenEndpoint token, AuthorizationWebClients clients,
		ProtocolSettings settings, Clock clock) {

	WorkThreads threads() {
		return this.clients.threads();
	}

	ServerProbe probe(Duration timeout) {
		return new ServerProbe(this.clients, timeout);
	}

	AuthorizationEndpoint authorization() {
		return new AuthorizationEndpoint(this.settings);
	}

	PushedAuthorizationRequestEndpoint pushedAuthorization() {
		return new PushedAuthorizationRequestEndpoint(this.clients, this.settings, this.clock);
	}

	DeviceAuthorizationEndpoint deviceAuthorization() {
		return new DeviceAuthorizationEndpoint(this.clients, this.settings, this.clock);
	}

	ClientRegistrationEndpoint registration() {
		return new ClientRegistrationEndpoint(this.clients, this.settings, this.clock);
	}

	TokenRevocationEndpoint revocation() {
		return new TokenRevocationEndpoint(this.clients, this.settings, this.clock);
	}

}
