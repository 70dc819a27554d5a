/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.springai;

import java.util.Arrays;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;

/**
 * The tools of a provider that the application has declared itself, whose clients are not
 * known here.
 *
 * @param provider the provider
 * @param forget makes the provider list its tools anew
 */
record OwnTools(ToolCallbackProvider provider, Runnable forget) implements Tools {

	private static final ServerCalls CALLS = new ServerCalls(() -> null, () -> {
	});

	@Override
	public ToolCallback[] get() {
		return Arrays.stream(CALLS.make(this.provider::getToolCallbacks))
			.map((callback) -> new GuardedToolCallback(callback, CALLS))
			.toArray(ToolCallback[]::new);
	}

	@Override
	public void invalidate() {
		this.forget.run();
	}

}
