// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.net.URI;

import io.github.mcpoauth.samples.demo.DemoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The protocols with servers of version 2 of the TypeScript SDK.
 */
@Tag("npm")
class TypeScriptServerProtocolTests {

	@Nested
	class Legacy extends Servers {

		Legacy() throws IOException {
			super(Spoken.LEGACY);
		}

	}

	@Nested
	class Modern extends Servers {

		Modern() throws IOException {
			super(Spoken.MODERN);
		}

	}

	@Nested
	class Both extends Servers {

		Both() throws IOException {
			super(Spoken.BOTH);
		}

	}

	abstract static class Servers extends ProtocolTestBase {

		private final DemoServer authorizationServer;

		private final TypeScriptServer server;

		Servers(Spoken spoken) throws IOException {
			super(spoken);
			this.authorizationServer = DemoServer.start("--server.port=0", "--demo.auto-login=true",
					"--demo.resources=" + publicUrl());
			this.server = TypeScriptServer.start(this.authorizationServer.url(), spoken, publicUrl());
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

}
