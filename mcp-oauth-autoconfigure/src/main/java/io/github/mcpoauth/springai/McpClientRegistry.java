// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.CallGuard;
import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.SessionSettings;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The clients that Spring AI has created, each with the name of its connection and the
 * configured server that it connects to.
 */
public final class McpClientRegistry {

	private final Supplier<McpOAuthManager> manager;

	private final McpClients clients;

	private final BiPredicate<String, String> sameName;

	private final Supplier<SessionSettings> settings;

	private final Supplier<@Nullable UserSessions> sessions;

	/**
	 * Servers that have refused the clients of Spring AI because of their protocol.
	 */
	private final Set<McpServer> modern = ConcurrentHashMap.newKeySet();

	private final ConcurrentMap<String, CallGuard> guards = new ConcurrentHashMap<>();

	private final ConcurrentMap<ConnectionKey, UserToolRegistry> userTools = new ConcurrentHashMap<>();

	private volatile boolean advised;

	/**
	 * Create an instance. It asks for nothing before it is used.
	 * @param manager supplies the manager
	 * @param clients supplies the clients
	 * @param sameName whether a connection and a server, in that order, have the same
	 * name
	 * @param settings supplies when calls are paused, and for how long
	 * @param sessions supplies the sessions that serve servers of the newer protocol,
	 * {@code null} if absent
	 */
	public McpClientRegistry(Supplier<McpOAuthManager> manager, McpClients clients,
			BiPredicate<String, String> sameName, Supplier<SessionSettings> settings,
			Supplier<@Nullable UserSessions> sessions) {
		this.manager = manager;
		this.clients = clients;
		this.sameName = sameName;
		this.settings = settings;
		this.sessions = sessions;
	}

	List<NamedClient<McpSyncClient>> sync() {
		return connections(this.clients.sync().get());
	}

	List<NamedClient<McpAsyncClient>> async() {
		return connections(this.clients.async().get());
	}

	/**
	 * The connections to a server.
	 * @param server name of the server
	 * @return the lists of their tools
	 */
	List<ToolList> to(String server) {
		List<ToolList> lists = new ArrayList<>();
		sync().stream()
			.filter((connection) -> isTo(connection.name(), server))
			.forEach((connection) -> lists
				.add(toolList(connection.name(), Mono.fromCallable(() -> connection.client().listTools().tools()))));
		async().stream()
			.filter((connection) -> isTo(connection.name(), server))
			.forEach((connection) -> lists.add(toolList(connection.name(),
					Mono.defer(() -> connection.client().listTools()).map(ListToolsResult::tools))));
		return lists;
	}

	private ToolList toolList(String connection, Mono<List<Tool>> tools) {
		return new ToolList(connection, tools.onErrorResume(RuntimeException.class, (ex) -> {
			McpServerSession session = sessionAfter(connection, ex);
			return (session != null) ? session.listTools() : Mono.error(ex);
		}));
	}

	private boolean isTo(String connection, String server) {
		return connection.equals(server) || this.sameName.test(connection, server);
	}

	private <C> List<NamedClient<C>> connections(List<C> clients) {
		List<String> all = this.clients.names().get();
		List<NamedClient<C>> connections = new ArrayList<>();
		for (int i = 0; i < clients.size(); i++) {
			connections.add(new NamedClient<>((all.size() == clients.size()) ? all.get(i) : "", clients.get(i)));
		}
		return connections;
	}

	@Nullable CallGuard guard(String connection) {
		McpServer server = server(connection);
		return (server != null) ? this.guards.computeIfAbsent(server.name(),
				(name) -> new CallGuard(this.manager.get(), server.key(), this.settings.get(), System::nanoTime))
				: null;
	}

	/**
	 * The server of a connection.
	 * @param connection name of the connection
	 * @return the server as it is configured now, {@code null} if it is not configured
	 */
	@Nullable McpServer server(String connection) {
		for (McpServer server : this.manager.get().servers()) {
			if (isTo(connection, server.name())) {
				return server;
			}
		}
		return null;
	}

	/**
	 * The sessions that the tools of a server run on because it speaks the newer
	 * protocol, which the clients of Spring AI do not.
	 * @param server the server
	 * @return the sessions, {@code null} if the clients of Spring AI are used
	 */
	@Nullable UserSessions modernSessions(McpServer server) {
		return (server.protocol() == McpServer.Protocol.MODERN || this.modern.contains(server)) ? this.sessions.get()
				: null;
	}

	/**
	 * The session to go on with when the server of a connection has refused the client of
	 * Spring AI because of its protocol.
	 * @param connection name of the connection
	 * @param failure the failure of a call
	 * @return the session, {@code null} after any other failure and without sessions
	 */
	@Nullable McpServerSession sessionAfter(String connection, RuntimeException failure) {
		McpServer server = CallGuard.isOfModernServer(failure) ? server(connection) : null;
		UserSessions sessions = (server != null && server.protocol() != McpServer.Protocol.LEGACY) ? this.sessions.get()
				: null;
		if (server == null || sessions == null) {
			return null;
		}
		this.modern.add(server);
		return sessions.sessions().get(server.key());
	}

	UserToolRegistry userTools(String connection, String server, Supplier<UserToolRegistry> creator) {
		return this.userTools.computeIfAbsent(new ConnectionKey(connection, server), (key) -> creator.get());
	}

	/**
	 * Note that chats have an advisor, which finds a user whom the thread does not know.
	 */
	void advise() {
		this.advised = true;
	}

	boolean isAdvised() {
		return this.advised;
	}

	/**
	 * Forget the tools of one user.
	 * @param key the grant of the user
	 */
	void forget(GrantKey key) {
		this.userTools.forEach((connection, tools) -> {
			if (connection.server().equals(key.server())) {
				tools.forget(key);
			}
		});
	}

	/**
	 * List the tools of all users of a server anew, when they are asked for next.
	 * @param server name of the server
	 */
	public void toolsChanged(String server) {
		this.userTools.forEach((connection, tools) -> {
			if (connection.server().equals(server)) {
				tools.invalidate();
			}
		});
	}

	/**
	 * The clients that Spring AI has created. Each is supplied when it is first needed.
	 *
	 * @param names supplies the names of the connections, in the order of their clients
	 * @param sync supplies the clients of applications that wait
	 * @param async supplies the clients of those that do not
	 */
	public record McpClients(Supplier<List<String>> names, Supplier<List<McpSyncClient>> sync,
			Supplier<List<McpAsyncClient>> async) {
	}

	/**
	 * Where the tools of several users run.
	 *
	 * @param manager knows the grant of a user
	 * @param sessions has a session for each user
	 * @param cache how many lists of tools of users are kept
	 * @param contextKey the key below which the {@code ToolContext} and the Reactor
	 * context name the user
	 */
	public record UserSessions(McpOAuthManager manager, McpSessions sessions, PrincipalCacheSettings cache,
			String contextKey) {
	}

	/**
	 * A client and the name of its connection.
	 *
	 * @param <C> the type of the client
	 * @param name name of the connection
	 * @param client the client
	 */
	record NamedClient<C>(String name, C client) {
	}

	/**
	 * The tools of a connection.
	 *
	 * @param connection name of the connection
	 * @param tools lists them, and may block
	 */
	record ToolList(String connection, Mono<List<Tool>> tools) {
	}

	private record ConnectionKey(String connection, String server) {
	}

}
