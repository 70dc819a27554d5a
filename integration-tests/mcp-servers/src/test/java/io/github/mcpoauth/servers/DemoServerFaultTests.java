// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.servers;

import java.net.URI;

import io.github.mcpoauth.samples.demo.DemoServer;
import org.junit.jupiter.api.AfterAll;

/**
 * Faults in front of the demo server, on the Java SDK.
 */
class DemoServerFaultTests extends FaultTestBase {

	private final DemoServer demo = DemoServer.start("--server.port=0", "--demo.auto-login=true",
			"--demo.protocol=legacy");

	@Override
	URI server() {
		return this.demo.mcpUrl();
	}

	@Override
	DemoServer authorizationServer() {
		return this.demo;
	}

	@AfterAll
	void closeServer() {
		this.demo.close();
	}

}
