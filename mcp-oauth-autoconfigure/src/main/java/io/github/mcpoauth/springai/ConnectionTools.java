// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.mcpoauth.LoginRequiredException;
import org.jspecify.annotations.Nullable;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;

/**
 * The tools of one connection, on its one client.
 */
final class ConnectionTools implements ConnectionToolSet {

	private final ServerCalls calls;

	private final ToolCallbackProvider provider;

	private final Runnable forget;

	private final Function<ToolCallback, ClientTool> guarded;

	private final ListFailures failures;

	private final KnownTools tools = new KnownTools();

	private volatile Map<String, String> names = Map.of();

	/**
	 * Create an instance.
	 * @param connection name of the connection
	 * @param calls makes the calls of its client
	 * @param provider lists its tools, and keeps them
	 * @param forget makes the provider list them anew
	 * @param guarded makes a tool of the connection of one of the provider
	 */
	ConnectionTools(String connection, ServerCalls calls, ToolCallbackProvider provider, Runnable forget,
			Function<ToolCallback, ClientTool> guarded) {
		this.calls = calls;
		this.provider = provider;
		this.forget = forget;
		this.guarded = guarded;
		this.failures = new ListFailures(connection);
	}

	@Override
	public List<ToolCallback> get() {
		return this.tools.get(this::read, this::failed);
	}

	private List<ToolCallback> read() {
		List<ClientTool> tools = Arrays.stream(this.calls.make(this.provider::getToolCallbacks))
			.map(this.guarded)
			.toList();
		this.failures.succeeded();
		this.names = tools.stream()
			.collect(Collectors.toMap(ClientTool::name, (tool) -> tool.getToolDefinition().name(),
					(first, second) -> first));
		return List.copyOf(tools);
	}

	/**
	 * The name by which a model knows a tool of the last list.
	 * @param tool name of the tool on its server
	 * @return the name, {@code null} if the tool was not listed
	 */
	@Nullable String nameOf(String tool) {
		return this.names.get(tool);
	}

	private void failed(RuntimeException failure) {
		if (this.calls.sessionAfter(failure) != null) {
			// The session lists the tools instead
			throw failure;
		}
		if (!this.calls.isGuarded() && !(failure instanceof LoginRequiredException)) {
			throw failure;
		}
		this.failures.failed(failure);
	}

	@Override
	public void invalidate() {
		// The provider first: the next reader asks it for a new list
		this.forget.run();
		this.tools.invalidate();
	}

}
