// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedIn;
import io.github.mcpoauth.event.McpOAuthEvent.LoggedOut;
import io.github.mcpoauth.event.McpOAuthEvent.LoginRequired;
import io.github.mcpoauth.event.McpOAuthEvent.ServerRemoved;
import io.github.mcpoauth.event.McpOAuthEvent.TokenAdopted;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.springai.McpClientRegistry.ToolList;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.ai.mcp.McpToolsChangedEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.event.EventListener;
import org.springframework.core.log.LogMessage;

/**
 * Publishes that the tools of a server are available after a login, in this process or in
 * another one.
 */
public final class ToolsChanges {

	private static final Log logger = LogFactory.getLog(ToolsChanges.class);

	private final Supplier<McpClientRegistry> connections;

	private final ApplicationEventPublisher publisher;

	private final WorkThreads threads;

	private final Set<String> waiting = ConcurrentHashMap.newKeySet();

	/**
	 * Create an instance.
	 * @param connections supplies the connections
	 * @param publisher publishes the changes
	 * @param threads list the tools and publish the changes
	 */
	public ToolsChanges(Supplier<McpClientRegistry> connections, ApplicationEventPublisher publisher,
			WorkThreads threads) {
		this.connections = connections;
		this.publisher = publisher;
		this.threads = threads;
	}

	/**
	 * Handle an event of the grant of a server.
	 * @param event the event
	 */
	@EventListener
	public void onEvent(McpOAuthEvent event) {
		String server = event.server();
		if (event instanceof LoggedIn || event instanceof LoggedOut || event instanceof ServerRemoved) {
			this.connections.get()
				.forget((event.principal() != null) ? GrantKey.of(server, event.principal()) : GrantKey.of(server));
		}
		if (event.principal() != null) {
			// The clients of Spring AI serve all principals, with the application's grant
			return;
		}
		if (event instanceof LoginRequired || event instanceof LoggedOut) {
			this.waiting.add(server);
		}
		else if (event instanceof LoggedIn || (event instanceof TokenAdopted && this.waiting.contains(server))) {
			this.waiting.remove(server);
			this.connections.get().to(server).forEach(this::announce);
		}
	}

	private void announce(ToolList list) {
		list.tools()
			.subscribeOn(this.threads.blocking())
			.subscribe((tools) -> publish(list.connection(), tools), (ex) -> logger
				.debug(LogMessage.format("The tools of connection '%s' are not known", list.connection()), ex));
	}

	private void publish(String connection, List<Tool> tools) {
		this.threads.blocking()
			.schedule(() -> this.publisher.publishEvent(new McpToolsChangedEvent(connection, tools)));
	}

}
