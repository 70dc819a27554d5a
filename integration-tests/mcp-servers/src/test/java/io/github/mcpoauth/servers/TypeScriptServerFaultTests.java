/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.github.mcpoauth.servers;

import java.io.IOException;
import java.net.URI;

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
