// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.BoundedMap;
import io.github.mcpoauth.internal.work.IdleSweep;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.session.McpServerSession;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.mcp.McpConnectionInfo;
import org.springframework.ai.mcp.McpToolUtils;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.core.log.LogMessage;

/**
 * The tools of one server for many users: a list for each user, and each call on the
 * session of its user.
 */
final class UserToolRegistry {

	private static final Log logger = LogFactory.getLog(UserToolRegistry.class);

	private static final int MOST_NAMES = 10_000;

	private static final String EVENT_LOOP = """
			its tools were asked for on the thread '%s' of an event loop, which serves requests of many users and must \
			not wait for a list. Make the ChatClient with the ChatClient.Builder bean and use stream(), or use it \
			inside Mono.fromCallable(...) with subscribeOn(Schedulers.boundedElastic()) and set \
			spring.reactor.context-propagation to auto, with io.micrometer:context-propagation on the class path""";

	private final McpConnectionInfo client;

	private final ToolRules rules;

	private final UserCalls calls;

	private final ListFailures failures;

	private final IdleSweep idleSweep;

	private final LongSupplier nanoTime;

	private final ConcurrentMap<GrantKey, UserList> lists = new ConcurrentHashMap<>();

	// A tool has one name for all users, and a generator may count
	private final Map<String, String> names = BoundedMap.dropLeastRecentlyUsed(MOST_NAMES);

	// The lists of most users are equal. They share one, which may be lost in a race
	private volatile List<ToolCallback> shared = List.of();

	/**
	 * Create an instance.
	 * @param connection name of the connection
	 * @param client the client of the connection, for the rules of the application
	 * @param rules these rules
	 * @param server name of the server
	 * @param users the sessions of the users
	 * @param nanoTime the counter that idle times are measured with
	 */
	UserToolRegistry(String connection, McpConnectionInfo client, ToolRules rules, String server, UserSessions users,
			LongSupplier nanoTime) {
		this.client = client;
		this.rules = rules;
		this.calls = new UserCalls(server, users, rules.meta());
		this.failures = new ListFailures(connection);
		this.idleSweep = new IdleSweep(users.cache().most(), users.cache().idle(), nanoTime);
		this.nanoTime = nanoTime;
	}

	/**
	 * The tools of the user of the present thread.
	 * @param server the server as it is configured now
	 * @param advised whether an advisor finds the user later, if the thread has no user
	 * @return the tools
	 * @throws PrincipalRequiredException if there is no user, and no advisor
	 */
	List<ToolCallback> get(McpServer server, boolean advised) {
		try {
			return get(server, Caller.capture());
		}
		catch (PrincipalRequiredException ex) {
			if (!advised) {
				throw ex;
			}
			return List.of(new PendingTools(this, server, ex));
		}
	}

	/**
	 * The tools of a user.
	 * @param server the server
	 * @param caller the user
	 * @return the tools
	 * @throws PrincipalRequiredException if there is no user
	 */
	List<ToolCallback> get(McpServer server, Caller caller) {
		boolean eventLoop = Schedulers.isInNonBlockingThread();
		boolean application = server.oauth().listToolsAsApplication();
		if (eventLoop && !application) {
			throw onEventLoop();
		}
		UserList list = list(server, application ? server.key() : this.calls.key(caller.context()));
		if (eventLoop && !list.tools.areListed()) {
			throw onEventLoop();
		}
		return list.tools.get(() -> read(list.key, caller), (failure) -> failed(list.key, failure))
			.stream()
			.<ToolCallback>map((tool) -> new ToolOfUser(this, server, caller,
					(tool instanceof UserTool mine) ? mine.calledBy(caller) : tool))
			.toList();
	}

	/**
	 * The tools of the user of a chat.
	 * @param server the server
	 * @param caller the user of the chat
	 * @return the tools
	 * @throws PrincipalRequiredException if there is no user, which says where the user
	 * was looked for
	 */
	List<ToolCallback> getForChat(McpServer server, Caller caller) {
		try {
			return get(server, caller);
		}
		catch (PrincipalRequiredException ex) {
			throw this.calls.lost(caller, ex);
		}
	}

	/**
	 * Whether two callers have one list of tools.
	 * @param server the server
	 * @param one the one caller
	 * @param other the other
	 * @return whether they have
	 * @throws PrincipalRequiredException if one of them is no user
	 */
	boolean areSame(McpServer server, Caller one, Caller other) {
		return server.oauth().listToolsAsApplication()
				|| this.calls.key(one.context()).equals(this.calls.key(other.context()));
	}

	private PrincipalRequiredException onEventLoop() {
		return new PrincipalRequiredException(this.calls.server(),
				EVENT_LOOP.formatted(Thread.currentThread().getName()), null);
	}

	private UserList list(McpServer server, GrantKey key) {
		UserList present = this.lists.get(key);
		if (present == null || !present.server.equals(server)) {
			if (this.idleSweep.isDue(this.lists.size())) {
				this.idleSweep.sweep(this.lists.values(), UserList::usedAt,
						(list) -> list.key.principal() != null && this.lists.remove(list.key, list));
			}
			present = Objects
				.requireNonNull(this.lists.compute(key, (same, other) -> (other != null && other.server.equals(server))
						? other : new UserList(server, key, this.nanoTime.getAsLong())));
		}
		present.usedAt = this.nanoTime.getAsLong();
		return present;
	}

	private List<ToolCallback> read(GrantKey key, Caller caller) {
		McpServerSession session = this.calls.users().sessions().get(key);
		McpConnectionInfo connection = McpConnectionInfo.builder()
			.clientCapabilities(this.client.clientCapabilities())
			.clientInfo(this.client.clientInfo())
			.initializeResult(await(session.connect(), caller))
			.build();
		List<Tool> listed = await(session.listTools(), caller);
		List<ToolCallback> tools = listed.stream()
			.filter((tool) -> this.rules.filter().test(connection, tool))
			.<ToolCallback>map((tool) -> tool(connection, tool))
			.toList();
		this.failures.succeeded();
		List<ToolCallback> before = this.shared;
		if (before.equals(tools)) {
			return before;
		}
		this.shared = tools;
		return tools;
	}

	private static <T> T await(Mono<T> answer, Caller caller) {
		return Objects.requireNonNull(
				answer.contextWrite((subscriber) -> subscriber.putAll(caller.context().readOnly())).block());
	}

	private UserTool tool(McpConnectionInfo connection, Tool tool) {
		String name = this.names.computeIfAbsent(tool.name(),
				(original) -> this.rules.names().prefixedToolName(connection, tool));
		return new UserTool(new ToolExchange(McpToolUtils.createToolDefinition(name, tool), tool.name()), this.calls,
				null);
	}

	private void failed(GrantKey key, RuntimeException failure) {
		if (failure instanceof LoginRequiredException && key.principal() != null) {
			logger.debug(LogMessage.format("A user has no login for MCP server '%s'", this.calls.server()), failure);
		}
		else {
			this.failures.failed(failure);
		}
	}

	/**
	 * Forget the list of a user.
	 * @param key the grant of the user
	 */
	void forget(GrantKey key) {
		this.lists.remove(key);
	}

	/**
	 * List the tools of all users anew.
	 */
	void invalidate() {
		this.lists.values().forEach((list) -> list.tools.invalidate());
	}

	/**
	 * The tools of one user.
	 */
	private static final class UserList {

		private final McpServer server;

		private final GrantKey key;

		private final KnownTools tools = new KnownTools();

		private volatile long usedAt;

		UserList(McpServer server, GrantKey key, long usedAt) {
			this.server = server;
			this.key = key;
			this.usedAt = usedAt;
		}

		long usedAt() {
			return this.usedAt;
		}

	}

}
