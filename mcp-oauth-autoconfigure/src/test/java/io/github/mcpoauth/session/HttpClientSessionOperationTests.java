// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

/**
 * The same over the JDK's HTTP client.
 */
class HttpClientSessionOperationTests extends SessionOperationTests {

	@Override
	SessionFixture fixture() {
		return SessionFixture.overHttpClient();
	}

}
