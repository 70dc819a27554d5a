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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.autoconfigure.ConfigurationLookup.Spelling;
import io.github.mcpoauth.internal.store.file.FileTokenStore;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * Decides which bound names are servers. An environment variable cannot spell every name,
 * so one server may be bound under two names.
 */
final class ServerNames {

	private static final Pattern UNQUOTED = Pattern.compile("[^.\\[]+\\.[^.\\[]+\\.([^.\\[\\]]+)");

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	ServerNames(ConfigurationLookup lookup, ProblemCollector problems) {
		this.lookup = lookup;
		this.problems = problems;
	}

	/**
	 * Remove names that are another spelling of a server.
	 * @param bound names as they were bound
	 * @return names of servers, each of a different reading
	 */
	List<String> check(Collection<String> bound) {
		Map<String, Spelling> spelled = spelled();
		Map<String, List<String>> byReading = new LinkedHashMap<>();
		spelled.values().forEach(this::checkSpelling);
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
	 * Collect the names as files and the command line spell them, which is their true
	 * spelling, each with its first property.
	 */
	private Map<String, Spelling> spelled() {
		Map<String, Spelling> spelled = new HashMap<>();
		this.lookup.below(UnknownPropertyCheck.SERVERS)
			.forEach((property) -> spelled.putIfAbsent(property.name().getElement(2, Form.ORIGINAL), property));
		return spelled;
	}

	/**
	 * Reduce a name as Spring Boot does: dashes, underscores and case do not count.
	 */
	private static String reading(String name) {
		return ConfigurationLookup.isPlain(name) ? KnownProperties.uniform(name) : name;
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

	/**
	 * Report a name of which Spring Boot drops characters, such as the blank in
	 * {@code my server}.
	 */
	private void checkSpelling(Spelling property) {
		Matcher written = UNQUOTED.matcher(property.source());
		String read = property.name().getElement(2, Form.ORIGINAL);
		if (written.lookingAt() && !written.group(1).equals(read)) {
			this.problems.add(property.text(), property.origin(),
					"the name of a server with blanks or special characters reads as '%s'".formatted(read),
					"Put the name in brackets and quotes: \"[%s]\".".formatted(written.group(1)));
		}
	}

	private void checkUsable(String name) {
		if (name.isBlank() || name.contains("/") || !name.equals(name.strip())
				|| name.chars().anyMatch(Character::isISOControl)) {
			this.problems.add(ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, name),
					"commands, health and metrics use the name of the server, so it must not be blank, contain '/' or control characters, nor begin or end with a blank",
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
