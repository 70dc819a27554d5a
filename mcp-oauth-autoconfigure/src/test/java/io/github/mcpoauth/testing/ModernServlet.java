// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.InetAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

import io.modelcontextprotocol.modern.server.transport.HttpServletMcpTransport;
import jakarta.servlet.ServletRegistration;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServer;

/**
 * The MCP library's own server of 2026-07-28 in a servlet container, without any login.
 */
public final class ModernServlet implements AutoCloseable {

	private final AtomicInteger writes = new AtomicInteger();

	private final WebServer webServer;

	private ModernServlet() {
		TomcatServletWebServerFactory factory = new TomcatServletWebServerFactory(0);
		factory.setAddress(InetAddress.getLoopbackAddress());
		this.webServer = factory.getWebServer((context) -> {
			ServletRegistration.Dynamic servlet = context.addServlet("mcp",
					HttpServletMcpTransport.builder(ModernAnswers.server(this.writes::incrementAndGet, 0))
						.endpoint("/mcp")
						.build());
			servlet.setAsyncSupported(true);
			servlet.addMapping("/mcp");
		});
		this.webServer.start();
	}

	/**
	 * Start a server on a free port of 127.0.0.1.
	 * @return the server
	 */
	public static ModernServlet start() {
		return new ModernServlet();
	}

	/**
	 * The MCP endpoint.
	 * @return its address
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:%d/mcp".formatted(this.webServer.getPort()));
	}

	/**
	 * How often the tool {@code write} was executed.
	 * @return the number
	 */
	public int writes() {
		return this.writes.get();
	}

	@Override
	public void close() {
		this.webServer.stop();
		this.webServer.destroy();
	}

}
