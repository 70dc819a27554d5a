// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.autoconfigure.ConfigurationLookup.Spelling;
import io.github.mcpoauth.autoconfigure.KnownProperties.Unknown;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * Finds properties that bind to nothing. Spring Boot ignores them, and a misspelled OAuth
 * setting would be silently off.
 */
final class UnknownPropertyCheck {

	static final ConfigurationPropertyName SERVERS = ConfigurationPropertyName.of("mcp.servers");

	private static final ConfigurationPropertyName SINGULAR = ConfigurationPropertyName.of("mcp.server");

	private static final ConfigurationPropertyName GLOBAL = ConfigurationPropertyName.of("mcp.oauth");

	static final String SERVERS_VARIABLE = "MCP_SERVERS_";

	private static final String GLOBAL_VARIABLE = "MCP_OAUTH_";

	static final KnownProperties SERVER = KnownProperties.of(McpServersProperties.Server.class);

	private static final KnownProperties OAUTH = SERVER.block("oauth");

	private static final KnownProperties SETTINGS = settings();

	/**
	 * Settings that there were, with the value that holds now.
	 */
	private static final Map<String, String> REMOVED = Map.ofEntries(Map.entry("refresh.share", "10 % of the lifetime"),
			Map.entry("refresh.shortest", "30 s"), Map.entry("refresh.longest", "5 min"),
			Map.entry("retry.initial", "1 s"), Map.entry("retry.max", "60 s"), Map.entry("retry.brake", "60 s"),
			Map.entry("timeout.connect", "5 s"), Map.entry("timeout.discovery", "10 s"),
			Map.entry("timeout.revocation", "15 s"), Map.entry("max-response-size", "1 MB"));

	/**
	 * Keys of other agents that are not needed here.
	 */
	private static final Set<String> NOT_NEEDED = Set.of("applicationtype");

	/**
	 * Keys of other agents that could be taken for a misspelled key of ours.
	 */
	private static final Set<String> KEPT_BY_OTHERS = Set.of("auth");

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	UnknownPropertyCheck(ConfigurationLookup lookup, ProblemCollector problems) {
		this.lookup = lookup;
		this.problems = problems;
	}

	/**
	 * Check all property sources.
	 * @param servers names of the servers that were bound
	 */
	void check(Collection<String> servers) {
		this.lookup.below(SERVERS).forEach(this::checkServer);
		this.lookup.below(SINGULAR).forEach(this::checkSingular);
		this.lookup.below(GLOBAL).forEach(this::checkGlobal);
		this.lookup.variables(SERVERS_VARIABLE).forEach((variable) -> checkServerVariable(variable, servers));
		this.lookup.variables(GLOBAL_VARIABLE).forEach(this::checkGlobalVariable);
	}

	private static KnownProperties settings() {
		KnownProperties settings = KnownProperties.of(McpOAuthProperties.class)
			.with("health", KnownProperties.of(McpOAuthHealthProperties.class))
			.with("web", KnownProperties.of(McpOAuthWebProperties.class));
		// The types of these two blocks are on the classpath only with their stores
		settings.block("store")
			.with("jdbc", KnownProperties.of("initialize-schema", "listen"))
			.with("redis", KnownProperties.of("key-prefix"));
		return settings;
	}

	private void checkGlobal(Spelling property) {
		Unknown unknown = SETTINGS.unknown(property.name(), 2);
		String fixed = (unknown != null)
				? REMOVED.get(KnownProperties.dashed(property.name().subName(GLOBAL.getNumberOfElements()))) : null;
		if (fixed != null) {
			this.problems.add(property.text(), property.origin(),
					"there is no such setting any more, the value is always %s".formatted(fixed), "Remove it.");
		}
		else {
			check(property, unknown);
		}
	}

	/**
	 * Report {@code mcp.server.<name>.url}, which other libraries may own.
	 */
	private void checkSingular(Spelling property) {
		ConfigurationPropertyName name = property.name();
		if (name.getNumberOfElements() > 3 && SERVER.unknown(name, 3) == null) {
			this.problems.warn("Property '%s' (%s) configures no MCP server. Did you mean '%s.%s'?"
				.formatted(property.text(), property.origin(), SERVERS, ConfigurationLookup.spelled(name.subName(2))));
		}
	}

	private void checkServer(Spelling property) {
		ConfigurationPropertyName name = property.name();
		if (name.isNumericIndex(2)) {
			this.problems.add(property.text(), property.origin(), "'mcp.servers' is a list",
					"Write the servers as a map, each below a name of its own.");
		}
		else if (name.getNumberOfElements() > 3) {
			Unknown unknown = SERVER.unknown(name, 3);
			if (unknown != null && unknown.within() == SERVER) {
				checkBesideOAuth(property, unknown.element());
			}
			else if (unknown != null && NOT_NEEDED.contains(KnownProperties.uniform(unknown.element()))) {
				this.problems.warn("Property '%s' (%s) is ignored: it follows from the redirect URI"
					.formatted(property.text(), property.origin()));
			}
			else {
				check(property, unknown);
			}
		}
	}

	private void checkBesideOAuth(Spelling property, String element) {
		ConfigurationPropertyName name = property.name();
		for (int index = 4; index < name.getNumberOfElements(); index++) {
			String inner = KnownProperties.uniform(name.getElement(index, Form.ORIGINAL));
			if ("oauth".equals(inner) || ("url".equals(inner) && index == name.getNumberOfElements() - 1)) {
				this.problems.add(property.text(), property.origin(),
						"the name of a server with dots reads as several names",
						"Put the name in brackets and quotes: \"[%s]\"."
							.formatted(ConfigurationLookup.spelled(name.chop(index).subName(2))));
				return;
			}
		}
		String closest = KEPT_BY_OTHERS.contains(KnownProperties.uniform(element)) ? null : SERVER.closest(element);
		if (closest != null) {
			this.problems.add(property.text(), property.origin(), "an MCP server has no property of that name",
					"Did you mean '%s'?".formatted(closest));
		}
	}

	private void check(Spelling property, @Nullable Unknown unknown) {
		if (unknown != null) {
			this.problems.add(property.text(), property.origin(), unknown.reason(), unknown.action());
		}
	}

	private void checkServerVariable(String variable, Collection<String> servers) {
		String rest = variable.toUpperCase(Locale.ROOT).substring(SERVERS_VARIABLE.length());
		String reading = KnownProperties.uniform(rest);
		String of = null;
		for (String server : servers) {
			if (isKnown(rest, server)) {
				return;
			}
			if (reading.startsWith(KnownProperties.uniform(server) + "oauth")) {
				of = server;
			}
		}
		if (of != null) {
			unknownVariable(variable, reading.substring((KnownProperties.uniform(of) + "oauth").length()), of);
		}
		else if (rest.contains("_OAUTH") || rest.endsWith("_URL")) {
			this.problems
				.warn(("Environment variable '%s' sets nothing: there is no MCP server that it names. The name of a "
						+ "server stands in the variable without '-', '_' and '.'")
					.formatted(variable));
		}
	}

	/**
	 * Whether an environment variable sets something of a server.
	 * @param rest the name after the prefix, in upper case
	 * @param server name of the server
	 * @return whether it does
	 */
	static boolean isKnown(String rest, String server) {
		String plain = rest.replace("-", "");
		return isKnown(plain, server, true) || isKnown(plain, server, false);
	}

	private static boolean isKnown(String rest, String server, boolean legacy) {
		String prefix = KnownProperties.variable(server, legacy) + "_";
		return rest.startsWith(prefix) && SERVER.containsVariable(rest.substring(prefix.length()), legacy);
	}

	private void unknownVariable(String variable, String key, String server) {
		String closest = key.isEmpty() ? null : OAUTH.closest(key);
		this.problems.add(variable, "System Environment Property \"%s\"".formatted(variable),
				"the environment variable sets nothing of MCP server '%s'".formatted(server),
				(closest != null || key.isEmpty()) ? "Rename it to %s.".formatted(variable(server, closest))
						: "Remove it, or use one of %s.".formatted(String.join(", ", OAUTH.names())));
	}

	private static String variable(String server, @Nullable String property) {
		if (property == null) {
			return SERVERS_VARIABLE + KnownProperties.variable(server, true) + "_OAUTH";
		}
		boolean legacy = !OAUTH.isMap(property);
		return SERVERS_VARIABLE + KnownProperties.variable(server, legacy) + "_OAUTH_"
				+ KnownProperties.variable(property, legacy) + (legacy ? "" : "_<NAME>");
	}

	private void checkGlobalVariable(String variable) {
		String rest = variable.toUpperCase(Locale.ROOT).substring(GLOBAL_VARIABLE.length());
		if (!SETTINGS.containsVariable(rest, true) && !SETTINGS.containsVariable(rest, false)) {
			this.problems.warn("Environment variable '%s' sets nothing: 'mcp.oauth' has no property of that name"
				.formatted(variable));
		}
	}

}
