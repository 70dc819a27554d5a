// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.servers;

import java.io.IOException;
import java.net.URI;

import io.github.mcpoauth.fixtures.TypeScriptServer;
import io.github.mcpoauth.samples.demo.DemoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/**
 * Faults in front of a server of the TypeScript SDK.
 */
@Tag("npm")
class TypeScriptServerFaultTests extends FaultTestBase {

	private final DemoServer authorizationServer = DemoServer.start("--server.port=0", "--demo.auto-login=true",
			"--demo.resources=" + publicUrl());

	private final TypeScriptServer server;

	TypeScriptServerFaultTests() throws IOException {
		this.server = TypeScriptServer.start(this.authorizationServer.url(), 0, publicUrl());
	}

	@Override
	URI server() {
		return this.server.url();
	}

	@Override
	DemoServer authorizationServer() {
		return this.authorizationServer;
	}

	@AfterAll
	void closeServers() {
		this.server.close();
		this.authorizationServer.close();
	}

}
