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

package io.github.mcpoauth.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration of the MCP servers cannot be used as it is.
 */
final class InvalidMcpConfigurationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient List<ConfigurationProblem> problems;

	InvalidMcpConfigurationException(List<ConfigurationProblem> problems) {
		super(problems.stream()
			.map((problem) -> "%s: %s".formatted(problem.property(), problem.reason()))
			.collect(Collectors.joining("; ")));
		this.problems = List.copyOf(problems);
	}

	List<ConfigurationProblem> getProblems() {
		return this.problems;
	}

}
