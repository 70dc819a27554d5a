// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

/**
 * Behaves as the specifications say.
 */
final class Conforming extends StandIn {

	@Override
	String vendor() {
		return "A conforming server";
	}

}
