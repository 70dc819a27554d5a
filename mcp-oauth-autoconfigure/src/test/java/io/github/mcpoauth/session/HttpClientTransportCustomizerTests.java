// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedServerTestBase;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * A client of the MCP SDK that somebody builds by hand.
 */
class HttpClientTransportCustomizerTests extends ScriptedServerTestBase {

	private final AtomicInteger customized = new AtomicInteger();

	@Test
	@DisplayName("F40 a client built by hand gets over a lost session and a revoked token")
	void clientWhenTokenAndSessionAreGoneGoesOn() {
		McpSyncClient client = client(this.server.url());
		assertThat(whoami(client)).isEqualTo("t1");
		this.server.forgetSessions();
		this.server.accept("t2");
		this.manager.recoverWith("t2");
		assertThat(whoami(client)).isEqualTo("t2");
		assertThat(this.customized).hasPositiveValue();
		assertThat(client.closeGracefully()).isTrue();
		assertThat(this.server.sessions()).isZero();
	}

	@Test
	@DisplayName("Law 9: a 401 that cannot be recovered is an error of one call and not the end of the client")
	void clientWhenLoginIsRequiredSaysSoAndGoesOnAfterIt() {
		McpSyncClient client = client(this.server.url());
		assertThat(whoami(client)).isEqualTo("t1");
		this.server.accept();
		assertThat(CallGuard.find(catchThrowable(() -> whoami(client)))).isInstanceOf(LoginRequiredException.class);
		this.server.accept("t9");
		this.manager.hold("t9");
		assertThat(whoami(client)).isEqualTo("t9");
		assertThat(this.server.received("initialize")).hasSizeLessThanOrEqualTo(2);
	}

	@Test
	@DisplayName("Law 11: a server that is not configured gets no token")
	void clientWhenServerIsNotConfiguredSendsNoToken() {
		try (ScriptedMcpServer other = ScriptedMcpServer.start()) {
			assertThat(whoami(client(other.url()))).isEqualTo("null");
			assertThat(other.received()).allSatisfy((request) -> assertThat(request.token()).isNull());
		}
	}

	private McpSyncClient client(URI url) {
		HttpClientStreamableHttpTransport.Builder transport = HttpClientStreamableHttpTransport
			.builder(url.resolve("/").toString())
			.endpoint("/mcp")
			.addHttpRequestCustomizer((request, method, endpoint, body, context) -> this.customized.incrementAndGet());
		new HttpClientTransportCustomizer(() -> this.manager, Duration.ofSeconds(20)).accept(transport);
		return McpClient.sync(transport.build()).requestTimeout(Duration.ofSeconds(20)).build();
	}

	private static String whoami(McpSyncClient client) {
		return SessionFixture.text(client.callTool(CallToolRequest.builder("whoami").arguments(Map.of()).build()));
	}

}
