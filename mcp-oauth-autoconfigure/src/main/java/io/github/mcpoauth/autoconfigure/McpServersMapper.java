// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.autoconfigure.McpServersProperties.Server;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * Maps properties to servers, and reports every problem.
 */
final class McpServersMapper {

	private static final Log logger = LogFactory.getLog(McpServersMapper.class);

	/**
	 * Name of a header (RFC 9110, section 5.6.2).
	 */
	private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

	private final ConfigurationLookup lookup;

	private final ProblemCollector problems;

	private final Map<String, Server> properties;

	private final Set<String> withInvalidValues;

	private final ServerUrls urls;

	private final OwnClient ownClient;

	private final List<McpServer> withoutOAuth = new ArrayList<>();

	McpServersMapper(ConfigurationLookup lookup, ProblemCollector problems, McpServersProperties properties,
			boolean allowPlainHttp, OwnClient ownClient) {
		this.lookup = lookup;
		this.problems = problems;
		this.properties = properties.servers();
		this.withInvalidValues = properties.servers()
			.keySet()
			.stream()
			.filter((name) -> problems.isAny(ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, name)))
			.collect(Collectors.toSet());
		this.urls = new ServerUrls(lookup, problems, allowPlainHttp);
		this.ownClient = ownClient;
	}

	/**
	 * Map and check.
	 * @return the servers with OAuth on and a usable configuration
	 */
	List<McpServer> map() {
		List<String> names = new ServerNames(this.lookup, this.problems).check(this.properties.keySet());
		new UnknownPropertyCheck(this.lookup, this.problems).check(names);
		List<McpServer> servers = new ArrayList<>();
		for (String name : names) {
			Server server = this.properties.get(name);
			McpServer mapped = (server != null) ? map(name, server) : null;
			if (mapped != null) {
				servers.add(mapped);
			}
		}
		checkAddresses(servers);
		if (!servers.stream().allMatch((server) -> UrlPolicy.isLoopback(server.url()))) {
			warnOfProxyVariables();
		}
		return servers;
	}

	/**
	 * Containers and shells name a proxy in variables that the JVM does not read.
	 */
	private void warnOfProxyVariables() {
		if (System.getProperty("https.proxyHost") != null || Boolean.getBoolean("java.net.useSystemProxies")) {
			return;
		}
		for (String variable : this.lookup.variables("HTTPS_PROXY")) {
			this.problems.warn("""
					The environment variable '%s' is set, and a JVM does not read it: requests to MCP servers and \
					authorization servers use no proxy. Start the JVM with -Dhttps.proxyHost=<host> \
					-Dhttps.proxyPort=<port>, and -Dhttp.nonProxyHosts=<hosts> in place of NO_PROXY"""
				.formatted(variable));
		}
	}

	private @Nullable McpServer map(String name, Server bound) {
		ConfigurationPropertyName property = ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, name);
		Server server = server(property, bound);
		if (server == null) {
			return null;
		}
		ConfigurationPropertyName prefix = property.append("oauth");
		OAuthProperties oauth = oauth(prefix, server.oauth());
		checkHeaders(property.append("headers"), server.headers(), oauth.isEnabled());
		if (!oauth.isEnabled()) {
			logger.info("MCP server '%s': OAuth is off ('%s')".formatted(name, prefix));
			URI url = server.headers().isEmpty() ? null : this.urls.find(name, server.url());
			if (url != null) {
				this.withoutOAuth.add(new McpServer(name, url, OAuthSettings.defaults(), server.headers()));
			}
			return null;
		}
		URI url = this.urls.find(name, server.url());
		if (this.withInvalidValues.contains(name)) {
			// Rules across settings would speak of defaults in place of the values
			return null;
		}
		OAuthSettingsMapper mapper = new OAuthSettingsMapper(new ConfigurationBlock(this.lookup, this.problems, prefix),
				oauth, this.ownClient);
		if (url == null) {
			return checkOnly(mapper);
		}
		McpServer mapped = new McpServer(name, url, mapper.map(), server.headers(), server.protocol(), null);
		warnOfUnboundSecret(mapped, prefix);
		return mapped;
	}

	/**
	 * Until the first login the MCP server alone says which authorization server gets the
	 * secret.
	 */
	private static void warnOfUnboundSecret(McpServer server, ConfigurationPropertyName prefix) {
		OAuthSettings oauth = server.oauth();
		if ((oauth.clientSecret() != null || oauth.signingKey() != null) && oauth.authorizationServer() == null) {
			logger.warn(
					"MCP server '%s' has a client secret or key, and may name any authorization server before the first login. Set '%s' to the issuer that they belong to"
						.formatted(server.name(), prefix.append("authorization-server")));
		}
	}

	private void checkHeaders(ConfigurationPropertyName name, Map<String, Secret> headers, boolean oauth) {
		headers.forEach((header, value) -> {
			if (!TOKEN.matcher(header).matches()) {
				this.problems.add(name, "a name is not one of an HTTP header", "Use letters, digits and dashes.");
			}
			if (value.reveal().chars().anyMatch((character) -> character < ' ' || character > '~')) {
				this.problems.add(name,
						"the value of header '%s' has characters that a header cannot have".formatted(header),
						"Write it in one line of ASCII characters.");
			}
			if (oauth && "authorization".equalsIgnoreCase(header)) {
				this.problems.add(name, "the header 'Authorization' is for the access token",
						"Remove it, or turn OAuth off for the server.");
			}
		});
	}

	/**
	 * List the servers that get headers of a gateway and no token.
	 * @return the servers, after {@link #map()}
	 */
	List<McpServer> withoutOAuth() {
		return this.withoutOAuth;
	}

	/**
	 * A name may have a plain value, from an environment variable of another program.
	 */
	private @Nullable Server server(ConfigurationPropertyName name, Server bound) {
		if (this.lookup.plainValueBesideBlock(name) != null) {
			return this.lookup.bindIgnoringPlainValue(name, Server.class, this.problems);
		}
		Boolean plain = this.lookup.hasPlainValue(name);
		if (Boolean.FALSE.equals(plain)) {
			return bound;
		}
		if (Boolean.TRUE.equals(plain)) {
			this.problems.add(name, "an MCP server is a block of settings",
					"Did you mean '%s'?".formatted(name.append("url")));
		}
		return null;
	}

	private static @Nullable McpServer checkOnly(OAuthSettingsMapper mapper) {
		mapper.map();
		return null;
	}

	/**
	 * Property sources add up: {@code oauth: {}} in one and {@code oauth.client-id} in
	 * another are one block, which binding does not see.
	 */
	private OAuthProperties oauth(ConfigurationPropertyName name, @Nullable OAuthProperties bound) {
		Object plain = this.lookup.plainValueBesideBlock(name);
		if (plain == null || bound == null) {
			return (bound != null) ? bound : OAuthProperties.valueOf(true);
		}
		boolean silent = plain.toString().isBlank();
		if (!silent && !OAuthSwitch.isOn(plain)) {
			return OAuthProperties.valueOf(false);
		}
		OAuthProperties block = this.lookup.bindIgnoringPlainValue(name, OAuthProperties.class, this.problems);
		if (!silent) {
			block.setEnabled(true);
		}
		return block;
	}

	private void checkAddresses(List<McpServer> servers) {
		Map<HttpAddress, McpServer> byAddress = new LinkedHashMap<>();
		for (McpServer server : servers) {
			HttpAddress address = HttpAddress.of(server.url());
			if (address != null) {
				byAddress.putIfAbsent(address, server);
			}
		}
		byAddress.forEach((address, server) -> {
			for (HttpAddress above = address.parent(); above != null; above = above.parent()) {
				McpServer outer = byAddress.get(above);
				if (outer != null) {
					warnOfNesting(server, outer);
				}
			}
		});
	}

	private void warnOfNesting(McpServer inner, McpServer outer) {
		this.problems.warn(
				"The URL of MCP server '%s' is below that of '%s': requests there get the token of '%s', all others that of '%s'"
					.formatted(inner.name(), outer.name(), inner.name(), outer.name()));
	}

}
