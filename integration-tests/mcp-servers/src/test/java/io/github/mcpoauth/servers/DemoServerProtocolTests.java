// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.net.URI;

import io.github.mcpoauth.samples.demo.DemoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;

/**
 * The protocols with servers of the Java SDK.
 */
class DemoServerProtocolTests {

	@Nested
	class Legacy extends Servers {

		Legacy() {
			super(Spoken.LEGACY);
		}

	}

	@Nested
	class Modern extends Servers {

		Modern() {
			super(Spoken.MODERN);
		}

	}

	@Nested
	class Both extends Servers {

		Both() {
			super(Spoken.BOTH);
		}

	}

	abstract static class Servers extends ProtocolTestBase {

		private final DemoServer demo;

		Servers(Spoken spoken) {
			super(spoken);
			this.demo = DemoServer.start("--server.port=0", "--demo.auto-login=true",
					"--demo.protocol=" + spoken.argument());
		}

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

}
