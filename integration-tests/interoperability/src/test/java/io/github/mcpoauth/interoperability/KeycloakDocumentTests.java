// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.fixtures.FreePorts;
import io.github.mcpoauth.fixtures.KeycloakServer;
import io.github.mcpoauth.fixtures.ProtectedMcpServer;
import io.github.mcpoauth.internal.client.ClientMetadata;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Client ID metadata documents with Keycloak's feature {@code cimd}, which fetches them
 * by https.
 */
@Tag("keycloak")
class KeycloakDocumentTests {

	private static final String PLURAL = "token_endpoint_auth_methods_supported";

	private static HostedDocuments documents;

	private static KeycloakServer server;

	private static ProtectedMcpServer mcp;

	@TempDir
	private Path directory;

	@BeforeAll
	static void start(@TempDir Path directory) throws Exception {
		documents = HostedDocuments.start(directory);
		server = KeycloakServer.startForDocuments(HostedDocuments.HOST, documents.authority());
		mcp = ProtectedMcpServer.start(server);
	}

	@AfterAll
	static void stop() {
		mcp.close();
		server.close();
		documents.close();
	}

	@Test
	@DisplayName("A client without a key is the one that its document describes, and is registered nowhere")
	void loginWhenClientHasADocumentNeedsNoRegistration() {
		int port = FreePorts.next();
		Map<String, Object> document = document("public", port, null);
		document.remove(PLURAL);
		documents.host("public", document);
		assertWorks("public", port);
	}

	@Test
	@DisplayName("A client with a key signs, and Keycloak takes the public key from the document")
	void loginWhenDocumentHasKeysSigns() throws IOException {
		Path keys = this.directory.resolve("client-keys.json");
		ClientMetadata.newKey(keys, Instant.now());
		int port = FreePorts.next();
		Map<String, Object> document = document("signing", port, keys);
		document.remove(PLURAL);
		documents.host("signing", document);
		assertWorks("signing", port, "private-key-location=" + keys);
	}

	@Test
	@DisplayName("Keycloak refuses a document that has a member it does not know, and the client registers instead")
	void loginWhenDocumentHasBothSpellingsRegistersInstead() {
		int port = FreePorts.next();
		documents.host("both", document("both", port, null));
		try (Agent agent = agent("both", port)) {
			assertThat(server.refusal(begin(agent))).isEqualTo("Client Metadata fetch failed");
		}
		try (Agent agent = agent("both", port, "cimd=false")) {
			Login login = agent.begin(LoginRequest.withoutBrowser());
			server.logIn(Objects.requireNonNull(login.authorizationUrl()));
			assertThat(Agent.end(login).grant().clientId()).isNotBlank().doesNotStartWith("https://");
		}
	}

	@Test
	@DisplayName("Keycloak refuses the document of another client, a secret in it, and a redirect URI that is not in it")
	void loginWhenDocumentIsHostileIsRefused() {
		int port = FreePorts.next();
		Map<String, Object> document = document("public", port, null);
		document.remove(PLURAL);
		documents.host("foreign", document);
		Map<String, Object> secret = document("secret", port, null);
		secret.remove(PLURAL);
		secret.put("client_secret", "s");
		documents.host("secret", secret);
		Map<String, Object> elsewhere = document("elsewhere", port, null);
		elsewhere.remove(PLURAL);
		documents.host("elsewhere", elsewhere);
		try (Agent agent = agent("foreign", port)) {
			assertThat(server.refusal(begin(agent))).contains("client_id property");
		}
		try (Agent agent = agent("secret", port)) {
			assertThat(server.refusal(begin(agent))).contains("client_secret");
		}
		// Its loopback redirect URIs without a port are no others with a port
		try (Agent agent = agent("elsewhere", 0)) {
			assertThat(server.refusal(begin(agent))).contains("redirect_uri parameter does not exactly match");
		}
	}

	private static Map<String, Object> document(String name, int port, @Nullable Path keys) {
		return new ClientMetadata(null, "Agent", Set.of(URI.create("http://127.0.0.1:%d/callback".formatted(port))),
				Set.of(), keys)
			.documentAt(documents.address(name));
	}

	private Agent agent(String name, int port, String... oauth) {
		String[] all = new String[oauth.length + 2];
		all[0] = "client-metadata-url=" + documents.address(name);
		all[1] = "redirect-port=" + port;
		System.arraycopy(oauth, 0, all, 2, oauth.length);
		return Agent.start(this.directory.resolve(name), mcp.url(), all);
	}

	private static URI begin(Agent agent) {
		return Objects.requireNonNull(agent.begin(LoginRequest.withoutBrowser()).authorizationUrl());
	}

	private void assertWorks(String name, int port, String... oauth) {
		try (Agent agent = agent(name, port, oauth)) {
			Login login = agent.begin(LoginRequest.withoutBrowser());
			server.logIn(Objects.requireNonNull(login.authorizationUrl()));
			assertThat(Agent.end(login).grant().clientId()).isEqualTo(documents.address(name).toString());
			assertThat(agent.call("hello")).asString().contains("text=hello");
			String before = agent.accessToken();
			agent.refresh();
			assertThat(agent.accessToken()).isNotEqualTo(before);
			assertThat(agent.call("again")).asString().contains("text=again");
		}
	}

}
