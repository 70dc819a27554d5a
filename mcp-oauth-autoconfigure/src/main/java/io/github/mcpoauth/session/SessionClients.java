// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Question.Mode;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Creates the clients of the MCP library that sessions use.
 *
 * @param transports creates their transports
 * @param settings their timeouts
 * @param customizers the application's additions to them
 * @param threads run the deadlines
 * @param questions ask users the questions of servers
 * @param protocols the protocols that servers speak, by address
 * @param retired the addresses of servers that speak the transport of 2024-11-05
 */
record SessionClients(SessionTransports transports, SessionSettings settings, List<SessionCustomizer> customizers,
		WorkThreads threads, QuestionRegistry questions, ConcurrentMap<URI, McpServer.Protocol> protocols,
		Set<URI> retired) {

	private static final String NOT_MODERN = """
			MCP server '%1$s' is set to the protocol of 2026-07-28 ('mcp.servers.%1$s.protocol'), which needs mcp-core \
			2.2.0 or newer, and SessionTransports that make a WebClient if the application has its own""";

	private static final Logger logger = LoggerFactory.getLogger(SessionClients.class);

	/**
	 * Absent from versions before 2.2.
	 */
	private static final boolean MODERN_SDK = ClassUtils
		.isPresent("io.modelcontextprotocol.modern.client.McpAsyncClient", SessionClients.class.getClassLoader());

	SessionClients {
		customizers = List.copyOf(customizers);
	}

	SessionClients(SessionTransports transports, SessionSettings settings, List<SessionCustomizer> customizers,
			WorkThreads threads, QuestionRegistry questions) {
		this(transports, settings, customizers, threads, questions, new ConcurrentHashMap<>(),
				ConcurrentHashMap.newKeySet());
	}

	ClientConnection create(McpServer server, GrantKey key) {
		Duration timeout = this.settings.connectTimeout();
		ModernClient modern = (server.protocol() != McpServer.Protocol.LEGACY) ? modern(server, key) : null;
		if (modern == null) {
			return new ClientConnection(legacy(server, key), timeout, this.threads);
		}
		if (server.protocol() == McpServer.Protocol.MODERN) {
			return new ClientConnection(modern, timeout, this.threads);
		}
		Duration question = timeout.dividedBy(3);
		ServerClient client = new DetectingClient(server.url(), modern, () -> legacy(server, key), this.protocols,
				question);
		return new ClientConnection(client, timeout.plus(question), this.threads);
	}

	private ServerClient legacy(McpServer server, GrantKey key) {
		return new FallbackClient(server, () -> client(server, key, this.transports.create(server, key)), () -> {
			SseStream stream = new SseStream(server);
			McpClientTransport transport = this.transports.createSse(server, key, stream);
			return (transport != null) ? new FallbackClient.Sse(client(server, key, transport), stream) : null;
		}, this.retired);
	}

	private LegacyClient client(McpServer server, GrantKey key, McpClientTransport transport) {
		LegacyQuestions asking = new LegacyQuestions(key, this);
		LegacyProgress progress = new LegacyProgress();
		McpClient.AsyncSpec client = McpClient.async(transport)
			.clientInfo(Implementation.builder("mcp-oauth", version()).build())
			.requestTimeout(asking.timeout())
			.initializationTimeout(this.settings.connectTimeout());
		LegacyChanges changes = new LegacyChanges(this);
		progress.addTo(client);
		changes.addTo(client);
		addCapabilities(server, client, asking);
		this.customizers.forEach((customizer) -> customize(customizer, server, client));
		return new LegacyClient(client.build(), asking, progress, changes);
	}

	/**
	 * The MCP library derives the capabilities from the handlers, unless it is told all
	 * of them. Those of the handlers that customizers add are not known here.
	 */
	private void addCapabilities(McpServer server, McpClient.AsyncSpec client, LegacyQuestions asking) {
		Set<Mode> modes = this.questions.modes();
		Map<String, Map<String, Object>> extensions = AuthExtensions.of(server.oauth());
		if (!this.customizers.isEmpty() || (modes.isEmpty() && extensions.isEmpty())) {
			asking.addTo(client, modes);
			return;
		}
		ClientCapabilities.Builder capabilities = ClientCapabilities.builder();
		if (!modes.isEmpty()) {
			// A server that asks in the other mode nevertheless is answered, too
			asking.addTo(client, EnumSet.allOf(Mode.class));
			capabilities.elicitation(modes.contains(Mode.FORM), modes.contains(Mode.URL));
		}
		client.capabilities(extensions.isEmpty() ? capabilities.build() : capabilities.extensions(extensions).build());
	}

	private @Nullable ModernClient modern(McpServer server, GrantKey key) {
		WebClient webClient = MODERN_SDK ? this.transports.webClient(server, key) : null;
		if (webClient != null) {
			return new ModernClient(server, key, webClient, version(), this);
		}
		if (server.protocol() == McpServer.Protocol.MODERN) {
			throw new McpCallException(server.name(), Reason.REFUSED, NOT_MODERN.formatted(server.name()), null, null,
					null);
		}
		return null;
	}

	private static void customize(SessionCustomizer customizer, McpServer server, McpClient.AsyncSpec client) {
		try {
			customizer.customize(server, client);
		}
		catch (RuntimeException ex) {
			logger.warn("MCP server '{}' is used without the additions of {}, which failed", server.name(),
					customizer.getClass().getName(), ex);
		}
	}

	private static String version() {
		String version = SessionClients.class.getPackage().getImplementationVersion();
		return (version != null) ? version : "unknown";
	}

}
