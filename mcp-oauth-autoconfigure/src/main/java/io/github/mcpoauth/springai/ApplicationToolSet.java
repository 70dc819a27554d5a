// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Arrays;
import java.util.List;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;

/**
 * The tools of a provider that the application has declared itself. Its clients are not
 * known here.
 *
 * @param provider the provider
 * @param forget makes the provider list its tools anew
 */
record ApplicationToolSet(ToolCallbackProvider provider, Runnable forget) implements ConnectionToolSet {

	private static final ServerCalls CALLS = new ServerCalls(() -> null, () -> {
	}, (failure) -> null);

	@Override
	public List<ToolCallback> get() {
		return Arrays.stream(CALLS.make(this.provider::getToolCallbacks))
			.<ToolCallback>map((callback) -> new GuardedToolCallback(callback, CALLS))
			.toList();
	}

	@Override
	public void invalidate() {
		this.forget.run();
	}

}
