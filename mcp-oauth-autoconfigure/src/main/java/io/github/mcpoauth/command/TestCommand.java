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

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;

/**
 * {@code mcp test}: connect to a server and list its tools.
 */
final class TestCommand implements Command {

	private final Tools tools;

	TestCommand(Tools tools) {
		this.tools = tools;
	}

	@Override
	public String verb() {
		return "test";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "connect to a server and list its tools";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		List<Map<String, Object>> found = Results.of(this.tools.require().listTools(key));
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", server);
		members.put("tools", found);
		output.result(members, lines(server, found));
		return ExitCode.DONE;
	}

	private static List<String> lines(String server, List<Map<String, Object>> found) {
		List<String> lines = new ArrayList<>();
		lines.add("Connected to '%s', which has %d tool%s".formatted(server, found.size(),
				(found.size() != 1) ? "s" : ""));
		for (Map<String, Object> tool : found) {
			Object description = tool.get("description");
			lines.add("  " + tool.get("name")
					+ ((description != null) ? " - " + description.toString().lines().findFirst().orElse("") : ""));
		}
		return lines;
	}

}
