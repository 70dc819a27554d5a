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

import java.time.Clock;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthManager;

/**
 * {@code mcp status}: what is known of one server, without the network.
 */
final class StatusCommand implements Command {

	private final McpOAuthManager manager;

	private final Clock clock;

	StatusCommand(McpOAuthManager manager, Clock clock) {
		this.manager = manager;
		this.clock = clock;
	}

	@Override
	public String verb() {
		return "status";
	}

	@Override
	public String synopsis() {
		return "<server>";
	}

	@Override
	public String summary() {
		return "what is known of a server, without asking the network";
	}

	@Override
	public ExitCode run(Arguments arguments, Output output) {
		String server = arguments.required("server");
		GrantKey key = arguments.key(server);
		arguments.end();
		StatusReport report = new StatusReport(Results.of(this.manager.status(key)), this.clock);
		output.result(report.members(), report.lines());
		return ExitCode.DONE;
	}

}
