// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.fixtures.AuthorizationServer;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * With Spring Authorization Server, and an MCP server that Spring Security protects.
 */
class SpringAuthorizationServerFlowTests extends FlowTestBase {

	private static ClientKeys keys;

	private static SpringAuthorizationServer server;

	@BeforeAll
	static void start() {
		keys = ClientKeys.publish();
		server = SpringAuthorizationServer.start(Duration.ofHours(1), "--demo.jwk-set-url=" + keys.url());
	}

	@AfterAll
	static void stopServer() {
		server.close();
		keys.close();
	}

	@Override
	AuthorizationServer server() {
		return server;
	}

	@Override
	URI mcpUrl() {
		return server.mcpUrl();
	}

	@Override
	URI mcpUrlBehind(MetadataGate gate) {
		return gate.through(server.mcpUrl());
	}

	@Override
	List<String> openIdConfigurations() {
		return List.of("/.well-known/openid-configuration");
	}

	@Override
	String publicClient() {
		return server.publicClient();
	}

	@Override
	boolean refreshesPublicClients() {
		return false;
	}

	@Override
	String keyClient() {
		return server.keyClient();
	}

	@Override
	ClientKeys keys() {
		return keys;
	}

	@Override
	boolean sendsIssuer() {
		return false;
	}

	@Override
	boolean checksResource() {
		return true;
	}

	@Override
	String wrongSecret() {
		// What an empty 401 means
		return "'invalid_client'";
	}

	@Override
	void allowTokenExchange() {
		// Its client may
	}

}
