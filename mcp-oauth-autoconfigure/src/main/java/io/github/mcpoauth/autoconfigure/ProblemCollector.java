// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * Collects problems, so that an operator sees all of them at once.
 */
final class ProblemCollector {

	private static final Log logger = LogFactory.getLog(ProblemCollector.class);

	private final ConfigurationLookup lookup;

	private final List<ConfigurationProblem> problems = new ArrayList<>();

	private final List<String> warnings = new ArrayList<>();

	ProblemCollector(ConfigurationLookup lookup) {
		this.lookup = lookup;
	}

	/**
	 * Something that keeps the application from starting.
	 * @param property name of the property
	 * @param reason the reason, without the value of a secret
	 * @param action the remedy
	 */
	void add(ConfigurationPropertyName property, String reason, String action) {
		add(ConfigurationLookup.spelled(property), this.lookup.origin(property), reason, action);
	}

	void add(String property, @Nullable String origin, String reason, String action) {
		this.problems.add(new ConfigurationProblem(property, origin, reason, action));
	}

	/**
	 * Whether there is a problem so far with a property below a name.
	 * @param name the name
	 * @return whether there is
	 */
	boolean isAny(ConfigurationPropertyName name) {
		String prefix = ConfigurationLookup.spelled(name) + ".";
		return this.problems.stream().anyMatch((problem) -> problem.property().startsWith(prefix));
	}

	/**
	 * Something that works, but hardly as it was meant.
	 * @param warning the property, the reason and the remedy
	 */
	void warn(String warning) {
		this.warnings.add(warning);
	}

	/**
	 * Say all there is to say.
	 * @throws InvalidMcpConfigurationException if the application must not start
	 */
	void report() {
		this.warnings.forEach(logger::warn);
		this.warnings.clear();
		if (!this.problems.isEmpty()) {
			throw new InvalidMcpConfigurationException(this.problems);
		}
	}

}
