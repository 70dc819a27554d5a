// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import org.jspecify.annotations.Nullable;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;

/**
 * A tool that runs on the session of the user who asked for it.
 *
 * @param exchange makes its calls
 * @param calls sends them
 * @param caller the user, {@code null} in a list that is kept
 */
record UserTool(ToolExchange exchange, UserCalls calls, @Nullable Caller caller) implements ToolCallback {

	UserTool calledBy(Caller caller) {
		return new UserTool(this.exchange, this.calls, caller);
	}

	@Override
	public ToolDefinition getToolDefinition() {
		return this.exchange.definition();
	}

	@Override
	public String call(String toolInput) {
		return call(toolInput, null);
	}

	@Override
	public String call(String toolInput, @Nullable ToolContext toolContext) {
		Caller caller = (this.caller != null) ? this.caller : Caller.capture();
		return this.exchange.call(toolInput, this.calls.meta(toolContext),
				(request) -> this.calls.send(request, caller, toolContext));
	}

}
