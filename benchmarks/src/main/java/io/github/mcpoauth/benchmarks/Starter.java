// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpOAuthStoreAutoConfiguration;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import reactor.core.publisher.Flux;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * An application with the starter, as its users have it, and with a store of its own.
 */
final class Starter implements AutoCloseable {

	/**
	 * A lifetime that no measurement sees the end of.
	 */
	static final Duration FOREVER = Duration.ofDays(30);

	private final ConfigurableApplicationContext context;

	private final Path directory;

	private final boolean owned;

	private Starter(ConfigurableApplicationContext context, Path directory, boolean owned) {
		this.context = context;
		this.directory = directory;
		this.owned = owned;
	}

	/**
	 * Start an application that keeps grants in files.
	 * @param servers URLs of the MCP servers by their names
	 * @param properties further properties
	 * @return the application
	 */
	static Starter withFiles(Map<String, URI> servers, Map<String, String> properties) {
		return start(WithFiles.class, servers, properties, Directories.create(), true);
	}

	/**
	 * Start an application that keeps grants in files beside other processes.
	 * @param servers URLs of the MCP servers by their names
	 * @param properties further properties
	 * @param directory the directory of the files, which stays
	 * @return the application
	 */
	static Starter withFilesIn(Path directory, Map<String, URI> servers, Map<String, String> properties) {
		return start(WithFiles.class, servers, properties, directory, false);
	}

	static Starter withJdbc(Map<String, URI> servers, String jdbcUrl) {
		Map<String, String> properties = Map.of("mcp.oauth.store.type", "jdbc", "spring.datasource.url", jdbcUrl,
				"mcp.oauth.store.jdbc.initialize-schema", "always");
		return start(Jdbc.class, servers, properties, Directories.create(), true);
	}

	static Starter withRedis(Map<String, URI> servers, int port) {
		Map<String, String> properties = Map.of("mcp.oauth.store.type", "redis", "spring.data.redis.port",
				Integer.toString(port));
		return start(Redis.class, servers, properties, Directories.create(), true);
	}

	private static Starter start(Class<?> application, Map<String, URI> servers, Map<String, String> properties,
			Path directory, boolean owned) {
		Map<String, Object> all = new LinkedHashMap<>();
		servers.forEach((name, url) -> {
			all.put("mcp.servers.%s.url".formatted(name), url.toString());
			all.put("mcp.servers.%s.oauth.client-id".formatted(name), "benchmark");
		});
		all.put("mcp.oauth.store.file.directory", directory.toString());
		all.put("logging.level.root", "error");
		all.putAll(properties);
		return new Starter(new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.properties(all)
			.run(), directory, owned);
	}

	McpOAuthManager manager() {
		return this.context.getBean(McpOAuthManager.class);
	}

	/**
	 * The filter that the starter gives every WebClient.
	 * @return the filter
	 */
	ExchangeFilterFunction filter() {
		List<ExchangeFilterFunction> filters = new ArrayList<>();
		this.context.getBean(WebClient.Builder.class).filters(filters::addAll);
		return filters.get(0);
	}

	/**
	 * Store a grant as a login does.
	 * @param server name of the server
	 * @param tokens the tokens and where they are renewed
	 * @param lifetime how long the access token lives from now on
	 */
	void login(String server, Tokens tokens, Duration lifetime) {
		TokenStore store = this.context.getBean(TokenStore.class);
		GrantKey key = GrantKey.of(server);
		StoredGrant record = Objects.requireNonNull(store.load(key).block(Patience.LONG));
		Grant stored = record.grant();
		Instant now = Instant.now();
		Grant grant = Grant.with(Secret.of(tokens.access()))
			.refreshToken(Secret.of(tokens.refresh()))
			.issuedAt(now)
			.expiresAt(now.plus(lifetime))
			.clientId("benchmark")
			.tokenEndpoint(tokens.endpoint())
			.generation((stored != null) ? stored.generation() + 1 : 1)
			.build();
		store.save(key, grant, stored).block(Patience.LONG);
	}

	/**
	 * Store the same grant for every server, in files.
	 * @param tokens the tokens and where they are renewed
	 * @throws IOException if that fails
	 */
	void loginToAll(Tokens tokens) throws IOException {
		List<McpServer> servers = List.copyOf(manager().servers());
		login(servers.get(0).name(), tokens, FOREVER);
		Path file = file(servers.get(0));
		for (McpServer server : servers.subList(1, servers.size())) {
			Files.copy(file, file(server), StandardCopyOption.REPLACE_EXISTING);
		}
	}

	private Path file(McpServer server) {
		return this.directory.resolve(FileTokenStore.fileName(server.key()));
	}

	/**
	 * Ask for the token of every server.
	 */
	void useAll() {
		Flux.fromIterable(manager().servers())
			.flatMap((server) -> manager().provider(server.key()).token())
			.blockLast(Patience.LONG);
	}

	@Override
	public void close() {
		this.context.close();
		if (this.owned) {
			FileSystemUtils.deleteRecursively(this.directory.toFile());
		}
	}

	/**
	 * Tokens that an authorization server issued.
	 *
	 * @param access the access token
	 * @param refresh the refresh token
	 * @param endpoint the token endpoint
	 */
	record Tokens(String access, String refresh, URI endpoint) {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ ReactiveHttpClientAutoConfiguration.class, WebClientAutoConfiguration.class,
			McpOAuthAutoConfiguration.class })
	static class WithFiles {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataRedisAutoConfiguration.class, DataRedisReactiveAutoConfiguration.class,
			McpOAuthStoreAutoConfiguration.class })
	static class Redis extends WithFiles {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, McpOAuthStoreAutoConfiguration.class })
	static class Jdbc extends WithFiles {

	}

}
