// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.HttpServletSseServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServer;

/**
 * The MCP SDK's own server for the HTTP+SSE transport of 2024-11-05. Its address for
 * messages is not below the one of its stream.
 */
@SuppressWarnings({ "deprecation", "removal" }) // The transport is, and servers still
												// speak it
public final class SseServlet implements AutoCloseable {

	private final Set<String> tokens = ConcurrentHashMap.newKeySet();

	private final List<String> received = new CopyOnWriteArrayList<>();

	private final AtomicInteger writes = new AtomicInteger();

	private final List<AsyncContext> streams = new CopyOnWriteArrayList<>();

	private final AtomicBoolean forgetful = new AtomicBoolean();

	private final McpSyncServer server;

	private final WebServer webServer;

	private SseServlet(String messages) {
		HttpServletSseServerTransportProvider transport = HttpServletSseServerTransportProvider.builder()
			.sseEndpoint("/sse")
			.messageEndpoint("/messages")
			.baseUrl(messages)
			.build();
		this.server = server(transport);
		TomcatServletWebServerFactory factory = new TomcatServletWebServerFactory(0);
		factory.setAddress(InetAddress.getLoopbackAddress());
		this.webServer = factory.getWebServer((context) -> {
			ServletRegistration.Dynamic servlet = context.addServlet("mcp", transport);
			servlet.setAsyncSupported(true);
			servlet.addMapping("/*");
			var filter = context.addFilter("tokens", new Tokens());
			filter.setAsyncSupported(true);
			filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
		});
		this.webServer.start();
	}

	/**
	 * Start a server on a free port of 127.0.0.1.
	 * @return the server
	 */
	public static SseServlet start() {
		return new SseServlet("");
	}

	/**
	 * Start a server that wants its messages elsewhere.
	 * @param messages the origin
	 * @return the server
	 */
	public static SseServlet startWithMessagesAt(String messages) {
		return new SseServlet(messages);
	}

	private McpSyncServer server(HttpServletSseServerTransportProvider provider) {
		return McpServer.sync(provider)
			.serverInfo("sse", "1")
			.capabilities(ServerCapabilities.builder().tools(false).build())
			.toolCall(Tool.builder("write", Map.of("type", "object")).build(),
					(exchange, request) -> CallToolResult.builder()
						.addTextContent("written " + this.writes.incrementAndGet())
						.build())
			.build();
	}

	/**
	 * The address of the event stream.
	 * @return the address
	 */
	public URI url() {
		return URI.create("http://127.0.0.1:%d/sse".formatted(this.webServer.getPort()));
	}

	/**
	 * Accept these tokens only.
	 * @param accepted the tokens
	 */
	public void accept(String... accepted) {
		this.tokens.clear();
		this.tokens.addAll(List.of(accepted));
	}

	/**
	 * What was received: method, path and authorization.
	 * @return one text for each request
	 */
	public List<String> received() {
		return List.copyOf(this.received);
	}

	/**
	 * How often the tool {@code write} was executed.
	 * @return the number
	 */
	public int writes() {
		return this.writes.get();
	}

	/**
	 * End all event streams, as a proxy does.
	 */
	public void endStreams() {
		this.streams.forEach(AsyncContext::complete);
		this.streams.clear();
	}

	/**
	 * Not know the session of the next message.
	 */
	public void forgetSession() {
		this.forgetful.set(true);
	}

	@Override
	public void close() {
		this.server.close();
		this.webServer.stop();
		this.webServer.destroy();
	}

	private final class Tokens extends HttpFilter {

		private static final long serialVersionUID = 1L;

		@Override
		protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws IOException, ServletException {
			String authorization = request.getHeader("Authorization");
			SseServlet.this.received
				.add("%s %s %s".formatted(request.getMethod(), request.getRequestURI(), authorization));
			boolean known = SseServlet.this.tokens.stream()
				.map("Bearer "::concat)
				.anyMatch((token) -> token.equals(authorization));
			if (known && request.getMethod().equals("POST") && SseServlet.this.forgetful.getAndSet(false)) {
				response.setStatus(404);
			}
			else if (known) {
				chain.doFilter(new HttpServletRequestWrapper(request) {

					@Override
					public AsyncContext startAsync() {
						AsyncContext stream = super.startAsync();
						SseServlet.this.streams.add(stream);
						return stream;
					}

				}, response);
			}
			else {
				response.setStatus(401);
				response.setHeader("WWW-Authenticate", "Bearer");
			}
		}

	}

}
