// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * Says which properties keep the application from starting, where they are set, and how
 * to correct each.
 */
@Order(0)
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
