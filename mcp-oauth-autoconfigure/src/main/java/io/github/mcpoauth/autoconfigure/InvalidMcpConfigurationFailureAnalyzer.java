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

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says which properties keep the application from starting, where they are set, and what
 * to do about each.
 */
final class InvalidMcpConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<InvalidMcpConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidMcpConfigurationException cause) {
		List<ConfigurationProblem> problems = cause.getProblems();
		String description = problems.stream()
			.map(InvalidMcpConfigurationFailureAnalyzer::describe)
			.collect(Collectors.joining("%n%n".formatted(),
					"The configuration of the MCP servers is invalid:%n%n".formatted(), ""));
		String action = (problems.size() == 1) ? problems.get(0).action()
				: problems.stream()
					.map((problem) -> "- %s: %s".formatted(problem.property(), problem.action()))
					.collect(Collectors.joining("%n".formatted()));
		return new FailureAnalysis(description, action, cause);
	}

	private static String describe(ConfigurationProblem problem) {
		StringBuilder description = new StringBuilder("    Property: %s%n".formatted(problem.property()));
		if (problem.origin() != null) {
			description.append("    Origin: %s%n".formatted(problem.origin()));
		}
		return description.append("    Reason: %s".formatted(problem.reason())).toString();
	}

}
