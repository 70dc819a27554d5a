// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * The same over the JDK's HTTP client.
 */
class HttpClientSessionLifecycleTests extends SessionLifecycleTests {

	@Override
	SessionFixture fixture(SessionSettings settings, SessionCustomizer... customizers) {
		return SessionFixture.overHttpClient(settings, customizers);
	}

}
