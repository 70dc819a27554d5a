// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.ElicitUrlRequest;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletRegistration;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServer;

/**
 * The MCP library's own server of the protocol up to 2025-11-25, whose tool {@code ask}
 * asks the user as a test says, and answers with the answers.
 */
public class AskingServer implements AutoCloseable {

	protected static final Map<String, Object> SCHEMA = Map.of("type", "object", "properties",
			Map.of("name", Map.of("type", "string")), "required", List.of("name"));

	private final List<String> questions = new CopyOnWriteArrayList<>();

	private final List<String> calls = new CopyOnWriteArrayList<>();

	private @Nullable WebServer webServer;

	private volatile @Nullable ClientCapabilities capabilities;

	private volatile boolean endless;

	private volatile boolean lenient;

	private volatile boolean requiring;

	protected AskingServer() {
	}

	/**
	 * Start a server on a free port of 127.0.0.1.
	 * @return the server
	 */
	public static AskingServer start() {
		return started(new AskingServer());
	}

	protected static <S extends AskingServer> S started(S server) {
		((AskingServer) server).webServer = server.serve();
		return server;
	}

	WebServer serve() {
		TomcatServletWebServerFactory factory = new TomcatServletWebServerFactory(0);
		factory.setAddress(InetAddress.getLoopbackAddress());
		Servlet servlet = servlet();
		WebServer server = factory.getWebServer((context) -> {
			ServletRegistration.Dynamic registration = context.addServlet("mcp", servlet);
			registration.setAsyncSupported(true);
			registration.addMapping("/mcp");
		});
		server.start();
		return server;
	}

	protected Servlet servlet() {
		HttpServletStreamableServerTransportProvider transport = HttpServletStreamableServerTransportProvider.builder()
			.mcpEndpoint("/mcp")
			.build();
		McpSyncServer server = McpServer.sync(transport)
			.serverInfo("asking", "1")
			.capabilities(ServerCapabilities.builder().tools(true).build())
			.build();
		server.addTool(SyncToolSpecification.builder()
			.tool(Tool.builder("ask", Map.of("type", "object")).build())
			.callHandler((exchange, request) -> ask(exchange))
			.build());
		return transport;
	}

	private CallToolResult ask(McpSyncServerExchange exchange) {
		this.calls.add("ask");
		this.capabilities = exchange.getClientCapabilities();
		if (this.requiring) {
			throw McpError.URL_ELICITATION_REQUIRED.apply(this.questions.stream()
				.map((url) -> ElicitUrlRequest.builder("Log in there", url, "1").build())
				.toList());
		}
		List<String> answers = new ArrayList<>();
		boolean accepted = true;
		for (int round = 0; hasRound(round); round++) {
			String question = question(round);
			ElicitResult answer = exchange.createElicitation(
					isUrl(question) ? ElicitUrlRequest.builder("Log in there", question, String.valueOf(round)).build()
							: ElicitFormRequest.builder(question, SCHEMA).build());
			answers.add(text(answer.action().name(), answer.content()));
			accepted &= answer.action() == ElicitResult.Action.ACCEPT;
		}
		return CallToolResult.builder()
			.addTextContent(String.join(" ", answers))
			.isError(!accepted && !this.lenient)
			.build();
	}

	protected static String text(String action, @Nullable Map<String, Object> content) {
		return action + ((content != null) ? content : "");
	}

	/**
	 * Ask these questions during each call.
	 * @param questions addresses, and texts for a form with a name
	 */
	public void ask(String... questions) {
		this.questions.clear();
		this.questions.addAll(List.of(questions));
	}

	/**
	 * Ask the first question again and again.
	 */
	public void neverEnd() {
		this.endless = true;
	}

	/**
	 * Succeed without an answer, too.
	 */
	public void succeedAnyway() {
		this.lenient = true;
	}

	/**
	 * Fail, and say in the error which addresses the user has to open first.
	 */
	public void require() {
		this.requiring = true;
	}

	protected boolean hasRound(int round) {
		return this.endless || round < this.questions.size();
	}

	protected String question(int round) {
		return this.questions.get(this.endless ? 0 : round);
	}

	protected boolean isLenient() {
		return this.lenient;
	}

	protected static boolean isUrl(String question) {
		return question.contains(":");
	}

	protected void called() {
		this.calls.add("ask");
	}

	/**
	 * How often the tool was called, with each round of its own in the newer protocol.
	 * @return the number
	 */
	public int calls() {
		return this.calls.size();
	}

	/**
	 * Whether the client of the last call answers forms.
	 * @return whether it does
	 */
	public boolean isToldOfForms() {
		ClientCapabilities told = this.capabilities;
		return told != null && told.elicitation() != null && told.elicitation().form() != null;
	}

	/**
	 * Whether the client of the last call shows addresses.
	 * @return whether it does
	 */
	public boolean isToldOfAddresses() {
		ClientCapabilities told = this.capabilities;
		return told != null && told.elicitation() != null && told.elicitation().url() != null;
	}

	/**
	 * The extensions that the client of the last call has declared.
	 * @return their names
	 */
	public List<String> extensions() {
		ClientCapabilities told = this.capabilities;
		return (told != null && told.extensions() != null) ? List.copyOf(told.extensions().keySet()) : List.of();
	}

	/**
	 * The MCP endpoint.
	 * @return its address
	 */
	public URI url() {
		WebServer server = this.webServer;
		return URI.create("http://127.0.0.1:%d/mcp".formatted((server != null) ? server.getPort() : 0));
	}

	@Override
	public void close() {
		WebServer server = this.webServer;
		if (server != null) {
			server.stop();
			server.destroy();
		}
	}

}
