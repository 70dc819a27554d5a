// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.manager;

import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.principal.PrincipalCacheSettings;

/**
 * Bounds and pauses of a manager.
 *
 * @param protocol bounds of an exchange with an authorization server
 * @param refresh how tokens are kept fresh
 * @param login bounds of a login
 * @param principalCache how many grants of principals are kept in memory
 * @param cleanup when unusable grants of principals are removed
 */
public record ManagerSettings(ProtocolSettings protocol, RefreshSettings refresh, LoginSettings login,
		PrincipalCacheSettings principalCache, CleanupSettings cleanup) {

	/**
	 * The default settings.
	 * @return the settings
	 */
	public static ManagerSettings defaults() {
		return new ManagerSettings(ProtocolSettings.defaults(), RefreshSettings.defaults(), LoginSettings.defaults(),
				PrincipalCacheSettings.defaults(), CleanupSettings.off());
	}

}
