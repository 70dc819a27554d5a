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

import java.util.List;

import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.tool.ToolCallback;

/**
 * Takes the place of Spring AI's provider of the tools of clients of its kind.
 */
final class SyncTools extends SyncMcpToolCallbackProvider {

	private final Tools tools;

	@SuppressWarnings("deprecation") // Its builder cannot build a subclass
	SyncTools(Tools tools) {
		super(List.of());
		this.tools = tools;
	}

	@Override
	public ToolCallback[] getToolCallbacks() {
		return this.tools.get();
	}

	@Override
	public void invalidateCache() {
		this.tools.invalidate();
	}

}
