// SPDX-License-Identifier: Apache-2.0

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
