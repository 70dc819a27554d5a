// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;

import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;
import org.springframework.web.util.DefaultUriBuilderFactory;

/**
 * Finds the address of each server, its own or that of the Spring AI connection of the
 * same name, and checks that a token may be sent there.
 */
final class ServerUrls {

	private static final ConfigurationPropertyName CONNECTIONS = ConfigurationPropertyName
		.of("spring.ai.mcp.client.streamable-http.connections");

	private static final String DEFAULT_ENDPOINT = "/mcp";

	private static final String WEBFLUX_TRANSPORT = "org.springframework.ai.mcp.client.webflux.autoconfigure.StreamableHttpWebFluxTransportAutoConfiguration";

	private static final String JDK_TRANSPORT = "org.springframework.ai.mcp.client.httpclient.autoconfigure.StreamableHttpHttpClientTransportAutoConfiguration";

	private final ProblemCollector problems;

	private final Map<String, Connection> connections;

	private final boolean allowPlainHttp;

	private final boolean endpointReplacesPath;

	ServerUrls(ConfigurationLookup lookup, ProblemCollector problems, boolean allowPlainHttp) {
		this.problems = problems;
		this.connections = lookup.binder(problems)
			.bind(CONNECTIONS, Bindable.mapOf(String.class, Connection.class))
			.orElseGet(Map::of);
		this.allowPlainHttp = allowPlainHttp;
		ClassLoader classLoader = ServerUrls.class.getClassLoader();
		this.endpointReplacesPath = !ClassUtils.isPresent(WEBFLUX_TRANSPORT, classLoader)
				&& ClassUtils.isPresent(JDK_TRANSPORT, classLoader);
	}

	/**
	 * Find the address of a server.
	 * @param name name of the server
	 * @param url its own address, {@code null} or empty to use that of the connection
	 * @return the address, {@code null} if it cannot be used
	 */
	@Nullable URI find(String name, @Nullable String url) {
		ConfigurationPropertyName property = ConfigurationLookup.entry(UnknownPropertyCheck.SERVERS, name)
			.append("url");
		String connectionName = connectionName(name);
		Connection connection = (connectionName != null) ? this.connections.get(connectionName) : null;
		if (StringUtils.hasText(url)) {
			URI own = check(property, url.strip());
			warnOfOtherAddress(name, own, connection);
			return own;
		}
		if (connectionName == null || connection == null || !StringUtils.hasText(connection.url())) {
			this.problems.add(property, "MCP server '%s' has no URL".formatted(name),
					"Set '%s', or '%s.%s.url' when Spring AI connects to it%s.".formatted(property, CONNECTIONS, name,
							this.connections.isEmpty() ? ""
									: ", whose connections are " + String.join(", ", this.connections.keySet())));
			return null;
		}
		ConfigurationPropertyName source = ConfigurationLookup.entry(CONNECTIONS, connectionName).append("url");
		URI base = check(source, connection.url().strip());
		return (base != null) ? check(source, endpoint(base, connection.endpoint()).toString()) : null;
	}

	private @Nullable String connectionName(String server) {
		if (this.connections.containsKey(server)) {
			return server;
		}
		String reading = KnownProperties.uniform(server);
		return this.connections.keySet()
			.stream()
			.filter((name) -> KnownProperties.uniform(name).equals(reading))
			.findFirst()
			.orElse(null);
	}

	/**
	 * Put base and endpoint together as the transport of Spring AI does.
	 */
	private URI endpoint(URI base, @Nullable String endpoint) {
		String path = StringUtils.hasText(endpoint) ? endpoint.strip() : DEFAULT_ENDPOINT;
		return this.endpointReplacesPath ? base.resolve(path)
				: new DefaultUriBuilderFactory(base.toString()).expand(path, Map.of());
	}

	private void warnOfOtherAddress(String name, @Nullable URI own, @Nullable Connection connection) {
		if (own == null || connection == null || !StringUtils.hasText(connection.url())) {
			return;
		}
		try {
			URI other = endpoint(new URI(connection.url().strip()), connection.endpoint());
			HttpAddress address = HttpAddress.of(own);
			HttpAddress otherAddress = HttpAddress.of(other);
			if (address != null && (otherAddress == null || !address.covers(otherAddress))) {
				this.problems.warn(
						"The Spring AI connection '%s' is not below the URL of the MCP server of that name: its requests get no token. Remove 'mcp.servers.%s.url' to use the connection's"
							.formatted(name, name));
			}
		}
		catch (URISyntaxException | IllegalArgumentException ex) {
			// Spring AI has its own say about its connections
		}
	}

	private @Nullable URI check(ConfigurationPropertyName property, String url) {
		URI uri;
		try {
			uri = new URI(url);
		}
		catch (URISyntaxException ex) {
			this.problems.add(property, "it is not a URL: %s at position %d".formatted(ex.getReason(), ex.getIndex()),
					"Correct the URL.");
			return null;
		}
		String objection = objection(uri);
		if (objection != null) {
			this.problems.add(property, objection, "Use an address such as https://mcp.example.com/mcp.");
			return null;
		}
		if ("http".equalsIgnoreCase(uri.getScheme()) && !UrlPolicy.isLoopback(uri) && !this.allowPlainHttp) {
			this.problems.add(property,
					"tokens would travel by plain http to '%s', where others can read them".formatted(uri.getHost()),
					"Use https, or set 'mcp.oauth.address-policy.allow-plain-http' to true if the network is to be trusted. That holds for the MCP server, its metadata and its authorization server.");
			return null;
		}
		return uri;
	}

	private static @Nullable String objection(URI uri) {
		if (!"https".equalsIgnoreCase(uri.getScheme()) && !"http".equalsIgnoreCase(uri.getScheme())) {
			return "it is neither an https nor an http address";
		}
		if (uri.getHost() == null || uri.getPort() > 65535) {
			return "it does not name a host";
		}
		if (uri.getRawUserInfo() != null) {
			return "it contains a user name or password";
		}
		if (uri.getRawFragment() != null) {
			return "it contains a fragment";
		}
		if (HttpAddress.of(uri) == null) {
			return "its path has dot or empty segments, encoded dots or control characters, which servers read in different ways";
		}
		return null;
	}

	/**
	 * URL and endpoint of a Spring AI connection.
	 */
	record Connection(@Nullable String url, @Nullable String endpoint) {

	}

}
