// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.autoconfigure.ConfigurationLookup.Spelling;
import io.github.mcpoauth.internal.store.file.FileTokenStore;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * Decides which bound servers are servers: an environment variable cannot spell every
 * name, so that one server may be bound twice.
 */
final class ServerNames {

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	ServerNames(ConfigurationLookup lookup, ProblemCollector problems) {
		this.lookup = lookup;
		this.problems = problems;
	}

	/**
	 * Take out servers that are another one in disguise.
	 * @param bound names as they were bound
	 * @return names of servers, no two of which read as one
	 */
	List<String> check(Collection<String> bound) {
		Map<String, Spelling> spelled = spelled();
		Map<String, List<String>> byReading = new LinkedHashMap<>();
		for (String name : bound) {
			checkUsable(name);
			byReading.computeIfAbsent(reading(name), (reading) -> new ArrayList<>()).add(name);
		}
		List<String> names = new ArrayList<>();
		byReading.values().forEach((candidates) -> names.add(choose(candidates, spelled)));
		checkStorage(names);
		return names;
	}

	/**
	 * Names as files and the command line spell them, which is what they are, each with
	 * its first property.
	 */
	private Map<String, Spelling> spelled() {
		Map<String, Spelling> spelled = new HashMap<>();
		this.lookup.below(UnknownPropertyCheck.SERVERS)
			.forEach((property) -> spelled.putIfAbsent(property.name().getElement(2, Form.ORIGINAL), property));
		return spelled;
	}

	/**
	 * How Spring Boot reads a name: dashes, underscores and case mean nothing.
	 */
	private static String reading(String name) {
		return name.matches("[A-Za-z0-9_-]+") ? KnownProperties.uniform(name) : name;
	}

	private String choose(List<String> candidates, Map<String, Spelling> spelled) {
		List<String> real = candidates.stream().filter(spelled::containsKey).toList();
		if (candidates.size() > 1 && real.size() == 1) {
			candidates.stream().filter((name) -> !real.contains(name)).forEach((name) -> warn(name, real.get(0)));
			return real.get(0);
		}
		if (candidates.size() > 1) {
			Spelling other = spelled.get(candidates.get(1));
			this.problems.add(
					ConfigurationLookup
						.spelled(ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, candidates.get(1))),
					(other != null) ? other.origin() : null,
					"the names %s read as one, so that each gets settings of the other".formatted(quoted(candidates)),
					"Rename one of the servers.");
		}
		return candidates.get(0);
	}

	private void warn(String phantom, String name) {
		String readAs = UnknownPropertyCheck.SERVERS_VARIABLE + KnownProperties.variable(phantom, false) + "_";
		for (String variable : this.lookup.variables(readAs)) {
			String rest = KnownProperties.variable(name, true) + "_" + UnknownPropertyCheck.SERVER
				.spelledOut(variable.substring(readAs.length()).toUpperCase(Locale.ROOT));
			String plain = UnknownPropertyCheck.SERVERS_VARIABLE + rest;
			if (!plain.equals(variable) && UnknownPropertyCheck.isKnown(rest, name)) {
				this.problems.warn(
						"Environment variable '%s' reads as an MCP server '%s' of its own and is taken for '%s'. Rename it to '%s' to say so"
							.formatted(variable, phantom, name, plain));
			}
		}
	}

	private void checkUsable(String name) {
		if (name.isBlank() || name.contains("/") || !name.equals(name.strip())
				|| name.chars().anyMatch(Character::isISOControl)) {
			this.problems.add(ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, name),
					"the name of the server is used for health contributors and commands and must not be blank, contain '/' or control characters, nor begin or end with a space",
					"Rename the server.");
		}
	}

	private void checkStorage(List<String> names) {
		FileTokenStore.collisions(names.stream().map(GrantKey::of).toList()).values().forEach((keys) -> {
			List<String> sharing = keys.stream()
				.map(GrantKey::server)
				.sorted(Comparator.comparing(names::indexOf))
				.toList();
			this.problems.add(ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, sharing.get(1)),
					"the grants of %s would be stored under one name".formatted(quoted(sharing)),
					"Rename one of the servers.");
		});
	}

	private static String quoted(Collection<String> names) {
		return "'" + String.join("' and '", names) + "'";
	}

}
