// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Base class for tests with a server that accepts the token {@code t1}, which the manager
 * holds.
 */
public abstract class ScriptedServerTestBase {

	protected final ScriptedMcpServer server = ScriptedMcpServer.start();

	protected final ScriptedManager manager = ScriptedManager.of("demo", this.server.url());

	@BeforeEach
	void acceptToken() {
		this.server.accept("t1");
		this.manager.hold("t1");
	}

	@AfterEach
	void closeServer() {
		this.server.close();
	}

}
