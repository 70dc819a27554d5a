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

import java.util.Map;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.session.ErrorResults;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.tool.metadata.ToolMetadata;

/**
 * A tool that tells the model what it has to know when its server needs a login or left a
 * call without an answer.
 */
final class GuardedToolCallback implements ToolCallback {

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private final ToolCallback callback;

	private final ServerCalls calls;

	GuardedToolCallback(ToolCallback callback, ServerCalls calls) {
		this.callback = callback;
		this.calls = calls;
	}

	@Override
	public ToolDefinition getToolDefinition() {
		return this.callback.getToolDefinition();
	}

	@Override
	public ToolMetadata getToolMetadata() {
		return this.callback.getToolMetadata();
	}

	@Override
	public String call(String toolInput) {
		return call(toolInput, null);
	}

	@Override
	public String call(String toolInput, @Nullable ToolContext toolContext) {
		try {
			return this.calls.make(() -> this.callback.call(toolInput, toolContext));
		}
		catch (McpOAuthException ex) {
			Map<String, Object> members = ErrorResults.members(ex, getToolDefinition().name());
			if (members != null) {
				return JSON.writeValueAsString(members);
			}
			throw new ToolExecutionException(getToolDefinition(), ex);
		}
	}

}
