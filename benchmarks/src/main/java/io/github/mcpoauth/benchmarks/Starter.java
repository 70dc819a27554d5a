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
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import javax.sql.DataSource;

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
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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
import org.springframework.jdbc.core.JdbcTemplate;
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

	static Starter withJdbc(Map<String, URI> servers, String jdbcUrl, Map<String, String> properties) {
		Map<String, String> all = new HashMap<>(Map.of("mcp.oauth.store.type", "jdbc", "spring.datasource.url", jdbcUrl,
				"mcp.oauth.store.jdbc.initialize-schema", "always"));
		all.putAll(properties);
		return start(Jdbc.class, servers, all, Directories.create(), true);
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
		login(GrantKey.of(server), tokens, lifetime, null);
	}

	/**
	 * Store a grant as a login does.
	 * @param key the grant
	 * @param tokens the tokens and where they are renewed
	 * @param lifetime how long the access token lives from now on
	 * @param bound the key that the tokens are bound to, {@code null} if they are not
	 */
	void login(GrantKey key, Tokens tokens, Duration lifetime, @Nullable Secret bound) {
		StoredGrant record = Objects.requireNonNull(store().load(key).block(Patience.LONG));
		save(key, grant(tokens, lifetime, bound, record.grant()), record.grant()).block(Patience.LONG);
	}

	/**
	 * Store a grant where there is none.
	 * @param key the grant
	 * @param tokens the tokens and where they are renewed
	 * @param lifetime how long the access token lives from now on
	 * @return a mono with the record
	 */
	Mono<StoredGrant> save(GrantKey key, Tokens tokens, Duration lifetime) {
		return save(key, grant(tokens, lifetime, null, null), null);
	}

	private Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaced) {
		return store().save(key, grant, replaced);
	}

	private static Grant grant(Tokens tokens, Duration lifetime, @Nullable Secret bound, @Nullable Grant replaced) {
		Instant now = Instant.now();
		return Grant.with(Secret.of(tokens.access()))
			.refreshToken(Secret.of(tokens.refresh()))
			.issuedAt(now)
			.expiresAt(now.plus(lifetime))
			.clientId("benchmark")
			.tokenType((bound != null) ? "DPoP" : "Bearer")
			.dpopKey(bound)
			.tokenEndpoint(tokens.endpoint())
			.generation((replaced != null) ? replaced.generation() + 1 : 1)
			.build();
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

	/**
	 * Store the grant of a server's application for principals, in files.
	 * @param server name of the server
	 * @param principals names of the principals
	 * @throws IOException if that fails
	 */
	void loginAll(String server, Collection<String> principals) throws IOException {
		Path file = Path.of(store().location(GrantKey.of(server)));
		for (String principal : principals) {
			Path copy = Path.of(store().location(GrantKey.of(server, principal)));
			Files.createDirectories(Objects.requireNonNull(copy.getParent()));
			Files.copy(file, copy);
		}
	}

	/**
	 * The database of an application that keeps grants in one.
	 * @return a template on its pool
	 */
	JdbcTemplate jdbc() {
		return new JdbcTemplate(this.context.getBean(DataSource.class));
	}

	TokenStore store() {
		return this.context.getBean(TokenStore.class);
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
