// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.junit.jupiter.api.Test;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link CallFailures}, with failures of real connections.
 */
class CallFailuresTests {

	@Test
	void translateWhenServerSpeaksPlainHttpNamesTheSetting() throws IOException {
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			Thread answer = new Thread(() -> answer(server));
			answer.setDaemon(true);
			answer.start();
			URI url = URI.create("https://127.0.0.1:%d/mcp".formatted(server.getLocalPort()));
			assertUnavailable(CallFailures.translate("demo", failure(url), false),
					"MCP server 'demo' speaks plain http "
							+ "at that port. Correct the scheme or the port in 'mcp.servers.demo.url'");
		}
	}

	/**
	 * Not every server answers what is no request; this one does, as Tomcat and Netty do.
	 */
	private static void answer(ServerSocket server) {
		try (Socket socket = server.accept()) {
			if (socket.getInputStream().read() != -1) {
				socket.getOutputStream().write("HTTP/1.1 400 \r\n\r\n".getBytes(StandardCharsets.US_ASCII));
			}
			socket.shutdownOutput();
			socket.getInputStream().readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void translateWhenHostIsNotKnownSaysSo() {
		assertUnavailable(CallFailures.translate("demo", failure(URI.create("http://mcp.invalid/mcp")), false),
				"MCP server 'demo' cannot be reached: its host name is not known. Check 'mcp.servers.demo.url'");
	}

	@Test
	void unreachableWhenJvmHasAProxyNamesIt() {
		TestHttpServer server = TestHttpServer.start();
		URI url = server.url("/mcp");
		server.close();
		assertUnavailable(CallFailures.unreachable("demo", failure(url), "'proxy.example.com'"),
				"MCP server 'demo' cannot be reached. Check its address and that it runs, and the proxy that this JVM was "
						+ "started with, 'proxy.example.com'");
	}

	@Test
	void translateWhenServerAnswers403NamesTheUserAndThePath() {
		try (TestHttpServer server = TestHttpServer.start()) {
			server.handle("/mcp", Answer.status(403));
			assertThat(CallFailures.translate("demo", failure(server.url("/mcp")), false))
				.isInstanceOfSatisfying(McpCallException.class,
						(ex) -> assertThat(ex.getReason()).isEqualTo(Reason.REFUSED))
				.hasMessage("MCP server 'demo' answered with HTTP status 403: this user or client may not do that, "
						+ "or the path in 'mcp.servers.demo.url' is another one's");
		}
	}

	private static void assertUnavailable(Throwable failure, String message) {
		assertThat(failure)
			.isInstanceOfSatisfying(McpCallException.class,
					(ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE))
			.hasMessage(message);
	}

	private static Throwable failure(URI url) {
		return catchThrowable(() -> WebClient.create().get().uri(url).retrieve().toBodilessEntity().block());
	}

}
