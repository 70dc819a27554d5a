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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthManager;

/**
 * {@code mcp remove}: log out and delete all that is stored for a server.
 */
final class RemoveCommand implements Command {

	private final McpOAuthManager manager;

	RemoveCommand(McpOAuthManager manager) {
		this.manager = manager;
	}

	@Override
	public String verb() {
		return "remove";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "log out and delete all that is stored, the registered client too";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		boolean revoked = Results.of(this.manager.remove(key));
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", server);
		members.put("removed", true);
		members.put("revoked", revoked);
		output.result(members,
				List.of("Removed all that was stored for '%s'. %s".formatted(key, LogoutCommand.revocation(revoked))));
		return ExitCode.DONE;
	}

}
