// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.fixtures.AuthorizationServer;
import io.github.mcpoauth.fixtures.KeycloakServer;
import io.github.mcpoauth.fixtures.ProtectedMcpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * With Keycloak, and an MCP server that asks it about every token.
 */
@Tag("keycloak")
class KeycloakFlowTests extends FlowTestBase {

	private static final String KEY_CLIENT = "key-agent";

	private static final List<ProtectedMcpServer> servers = new ArrayList<>();

	private static ClientKeys keys;

	private static KeycloakServer server;

	@BeforeAll
	static void start() {
		keys = ClientKeys.publish();
		server = KeycloakServer.start();
		server.addKeyClient(KEY_CLIENT, keys.url());
		servers.add(ProtectedMcpServer.start(server));
	}

	@AfterAll
	static void stopServers() {
		servers.forEach(ProtectedMcpServer::close);
		server.close();
		keys.close();
	}

	@Override
	AuthorizationServer server() {
		return server;
	}

	@Override
	URI mcpUrl() {
		return servers.get(0).url();
	}

	@Override
	URI mcpUrlBehind(MetadataGate gate) {
		// Keycloak tells of a token only where it was issued, and here that is the gate
		ProtectedMcpServer mcp = ProtectedMcpServer.start(gate.through(server.issuer()), (token) -> true);
		servers.add(mcp);
		return mcp.url();
	}

	@Override
	List<String> openIdConfigurations() {
		String path = server.issuer().getPath();
		return List.of("/.well-known/openid-configuration" + path, path + "/.well-known/openid-configuration");
	}

	@Override
	String publicClient() {
		return KeycloakServer.PUBLIC_CLIENT;
	}

	@Override
	boolean refreshesPublicClients() {
		return true;
	}

	@Override
	String keyClient() {
		return KEY_CLIENT;
	}

	@Override
	ClientKeys keys() {
		return keys;
	}

	@Override
	boolean sendsIssuer() {
		return true;
	}

	@Override
	boolean checksResource() {
		return false;
	}

	@Override
	String wrongSecret() {
		return "'unauthorized_client'";
	}

	@Override
	void allowTokenExchange() {
		server.allowTokenExchange();
	}

}
