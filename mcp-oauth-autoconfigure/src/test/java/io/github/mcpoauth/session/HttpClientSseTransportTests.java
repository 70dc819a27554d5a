// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import io.github.mcpoauth.testing.ScriptedManager;

/**
 * The same over the JDK's HTTP client.
 */
class HttpClientSseTransportTests extends SseTransportTests {

	@Override
	SessionTransports transports(ScriptedManager manager) {
		return new HttpClientSessionTransports(manager, SessionFixture.PATIENCE, this.threads);
	}

}
