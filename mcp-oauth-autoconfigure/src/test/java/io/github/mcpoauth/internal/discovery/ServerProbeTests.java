// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ServerProbe} over real HTTP.
 */
class ServerProbeTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final TestHttpServer http = TestHttpServer.start();

	private final ServerProbe probe = new ServerProbe(new LoopbackClients(), PATIENCE);

	@AfterEach
	void stop() {
		this.http.close();
	}

	@Test
	void challengesWhenUnauthorizedAreAllValues() {
		this.http.handle("/mcp",
				Answer.of(Response.json(401, Map.of()).header("WWW-Authenticate", "Basic realm=\"x\"", "Bearer a=b")));
		assertThat(challenges()).containsExactly("Basic realm=\"x\"", "Bearer a=b");
		Request request = this.http.requests("/mcp").get(0);
		assertThat(request.method()).isEqualTo("POST");
		assertThat(request.json()).containsEntry("method", "initialize").containsEntry("jsonrpc", "2.0");
		assertThat(request.header("Accept")).contains("application/json").contains("text/event-stream");
		assertThat(request.header("User-Agent")).startsWith("mcp-oauth/");
		assertThat(request.header("Authorization")).isNull();
		assertThat(this.http.requests()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 200, 202, 302, 307, 400, 403, 404, 405, 429, 500, 503 })
	void challengesWhenAnythingElseAreNone(int status) {
		this.http.handle("/mcp",
				Answer.of(Response.of(status, "text/html", "<html></html>").header("WWW-Authenticate", "Bearer a=b")));
		assertThat(challenges()).isEmpty();
	}

	@Test
	void challengesWhenTheConnectionIsLostAreNone() {
		this.http.handle("/mcp", Answer.dropped());
		assertThat(challenges()).isEmpty();
	}

	@Test
	void challengesWhenNobodyIsThereAreNone() {
		this.http.close();
		assertThat(challenges()).isEmpty();
	}

	@Test
	void challengesWhenTheServerHangsAreNone() {
		this.http.hold("/mcp");
		ServerProbe hasty = new ServerProbe(new LoopbackClients(), Duration.ofMillis(50));
		assertThat(hasty.challenges(server()).block(PATIENCE)).isEmpty();
	}

	@Test
	void challengesWhenTheAnswerNeverEndsDoNotWaitForIt() {
		this.http.handle("/mcp", Answer.of(Response.stream("text/event-stream", ": ping\n\n")));
		assertThat(challenges()).isEmpty();
		this.http.handle("/mcp", Answer
			.of(new Response(401, Map.of("WWW-Authenticate", List.of("Bearer a=b")), "x", Response.Kind.STREAM)));
		assertThat(challenges()).containsExactly("Bearer a=b");
	}

	@Test
	void challengesWhenASessionWasOpenedEndIt() {
		this.http.handle("/mcp",
				(request) -> "DELETE".equals(request.method()) ? new Response(405, Map.of(), "", Response.Kind.COMPLETE)
						: Response.json(200, Map.of()).header("Mcp-Session-Id", "session-1"));
		assertThat(challenges()).isEmpty();
		assertThat(this.http.requests()).extracting(Request::method).containsExactly("POST", "DELETE");
		assertThat(this.http.requests().get(1).header("Mcp-Session-Id")).isEqualTo("session-1");
	}

	private @Nullable List<String> challenges() {
		return this.probe.challenges(server()).block(PATIENCE);
	}

	private McpServer server() {
		return new McpServer("test", URI.create(this.http.url() + "/mcp"), OAuthSettings.defaults());
	}

}
