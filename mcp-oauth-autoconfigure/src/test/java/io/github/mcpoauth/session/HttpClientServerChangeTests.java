// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * The same over the JDK's HTTP client.
 */
class HttpClientServerChangeTests extends ServerChangeTests {

	@Override
	SessionFixture fixture() {
		return SessionFixture.overHttpClient();
	}

}
