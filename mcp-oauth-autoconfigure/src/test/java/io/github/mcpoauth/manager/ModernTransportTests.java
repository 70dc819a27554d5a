// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.http.HttpClient;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.testing.ModernServlet;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import io.modelcontextprotocol.modern.McpSchema.CallToolResult;
import io.modelcontextprotocol.modern.McpSchema.TextContent;
import io.modelcontextprotocol.modern.McpSchema.Tool;
import io.modelcontextprotocol.modern.client.McpAsyncClient;
import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.transport.HttpClientMcpTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The MCP library's client for the protocol of 2026-07-28 on its own, over a client of
 * the manager.
 */
class ModernTransportTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final ModernServlet servlet = ModernServlet.start();

	private final McpAsyncClient client = client();

	@BeforeEach
	void protect() {
		this.fixture.mcpServer.inFrontOf(this.servlet.url());
	}

	@AfterEach
	void close() {
		this.servlet.close();
		this.fixture.close();
	}

	private McpAsyncClient client() {
		HttpClient.Builder builder = this.fixture.manager.httpClient("github",
				HttpClient.newBuilder()
					.version(HttpClient.Version.HTTP_1_1)
					.followRedirects(HttpClient.Redirect.ALWAYS));
		return McpClient.async(HttpClientMcpTransport.builder(this.fixture.url()).clientBuilder(builder).build())
			.build();
	}

	@Test
	void callWhenLoggedInCarriesTheToken() {
		this.fixture.grant();
		assertThat(Objects.requireNonNull(this.client.listTools().list().block(ManagerFixture.PATIENCE)).tools())
			.extracting(Tool::name)
			.contains("echo");
		assertThat(text("region", Map.of("region", "eu"))).isEqualTo("in eu");
		assertThat(this.fixture.mcpServer.unauthorized()).isZero();
	}

	@Test
	@DisplayName("Calls that meet the same revoked token share one refresh, and each is made once")
	void callWhenTokenIsRevokedIsMadeOnceWithTheNextOne() {
		this.fixture.grant();
		text("echo", Map.of("text", "hello"));
		this.fixture.authorizationServer.revokeAccessToken(this.fixture.token().value());
		assertThat(Flux.range(0, 10)
			.flatMap((index) -> this.client.tool("write").arguments(Map.of()).call())
			.collectList()
			.block(ManagerFixture.PATIENCE)).hasSize(10);
		assertThat(this.servlet.writes()).isEqualTo(10);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	void callWhenNoUserHasLoggedInFailsWithThat() {
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> this.client.discover().block(ManagerFixture.PATIENCE))
			.satisfies((ex) -> assertThat(ex.getServer()).isEqualTo("github"));
		this.fixture.grant();
		assertThat(text("echo", Map.of("text", "after"))).isEqualTo("after");
	}

	@Test
	void callWhenTokenIsBoundToAKeySendsAProof() {
		this.fixture.boundGrant(DPoPKey.generate("ES256", this.fixture.clock));
		assertThat(text("echo", Map.of("text", "bound"))).isEqualTo("bound");
		assertThat(this.fixture.mcpServer.http().requests(TestMcpServer.MCP))
			.extracting((request) -> request.header("DPoP"))
			.doesNotContainNull()
			.doesNotHaveDuplicates();
	}

	@Test
	@DisplayName("Law 11: a redirect to another address gets no token")
	void callWhenServerRedirectsSendsNoTokenThere() {
		this.fixture.grant();
		this.fixture.authorizationServer.http().handle("/elsewhere", (request) -> Response.json(200, Map.of()));
		this.fixture.mcpServer.http()
			.handle(TestMcpServer.MCP, (request) -> Response.of(307, "text/plain", "")
				.header("Location", this.fixture.authorizationServer.http().url("/elsewhere").toString()));
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> this.client.discover().block(ManagerFixture.PATIENCE));
		assertThat(this.fixture.authorizationServer.http().requests("/elsewhere")).isEmpty();
	}

	private String text(String tool, Map<String, Object> arguments) {
		CallToolResult result = Objects
			.requireNonNull(this.client.tool(tool).arguments(arguments).call().block(ManagerFixture.PATIENCE));
		return ((TextContent) result.content().get(0)).text();
	}

}
