// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;

import org.springframework.ai.mcp.AsyncMcpToolCallbackProvider;
import org.springframework.ai.tool.ToolCallback;

/**
 * Takes the place of Spring AI's provider of the tools of clients of its kind.
 */
final class AsyncTools extends AsyncMcpToolCallbackProvider {

	private final ConnectionToolSet tools;

	@SuppressWarnings("deprecation") // Its builder cannot build a subclass
	AsyncTools(ConnectionToolSet tools) {
		super(List.of());
		this.tools = tools;
	}

	@Override
	public ToolCallback[] getToolCallbacks() {
		return this.tools.get().toArray(ToolCallback[]::new);
	}

	@Override
	public void invalidateCache() {
		this.tools.invalidate();
	}

}
