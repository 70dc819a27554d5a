// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.redis.RedisTokenStore;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.PostgresServer;
import io.github.mcpoauth.testing.RedisTestServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link McpOAuthStoreAutoConfiguration} and {@link StoreEncryption}.
 */
class McpOAuthStoreAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("github");

	private static final String KEY_TEXT = Base64.getEncoder().encodeToString(new byte[32]);

	@TempDir
	private Path directory;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, McpOAuthStoreAutoConfiguration.class,
				DataSourceAutoConfiguration.class, DataRedisAutoConfiguration.class,
				DataRedisReactiveAutoConfiguration.class))
		.withPropertyValues("mcp.servers.github.url=https://mcp.example.com/mcp",
				"mcp.servers.github.oauth.enabled=true", "spring.datasource.url=jdbc:h2:mem:grants;DB_CLOSE_DELAY=-1");

	@Test
	void storeWhenTypeIsNotSetIsInFiles() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(FileTokenStore.class));
	}

	@Test
	void storeWhenTypeIsJdbcKeepsGrantsInTheDatabase() {
		this.runner.withPropertyValues("mcp.oauth.store.type=jdbc").run((context) -> {
			TokenStore store = context.getBean(JdbcTokenStore.class);
			put(store, Grant.with(Secret.of("a-token")).generation(1).build());
			assertThat(status(context.getBean(McpOAuthManager.class)).state()).isEqualTo(ServerStatus.State.AUTHORIZED);
			assertThat(new JdbcTemplate(context.getBean(DataSource.class))
				.queryForObject("SELECT COUNT(*) FROM mcp_oauth_grant", Long.class)).isEqualTo(1);
			store.purge(KEY).block(PATIENCE);
		});
	}

	@Test
	void storeWhenTypeIsJdbcAndThereIsNoDatabaseIsAClearFailure() {
		this.runner.withPropertyValues("mcp.oauth.store.type=jdbc")
			.withClassLoader(new FilteredClassLoader(JdbcTemplate.class))
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.type"));
	}

	@Test
	void storeWhenTheDatabaseIsMariaDbTakesTheTablesOfMySql() {
		this.runner.withPropertyValues("mcp.oauth.store.type=jdbc", "mcp.oauth.store.jdbc.initialize-schema=never")
			.withBean(DataSource.class, McpOAuthStoreAutoConfigurationTests::mariaDb)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(JdbcTokenStore.class));
	}

	@Test
	void storeWhenTypeIsRedisIsInRedis() {
		this.runner.withPropertyValues("mcp.oauth.store.type=redis")
			.run((context) -> assertThat(context).hasSingleBean(RedisTokenStore.class)
				.doesNotHaveBean(FileTokenStore.class));
	}

	@Test
	void storeWhenRedisIsAbsentIsInFiles() {
		this.runner.withClassLoader(new FilteredClassLoader(ReactiveRedisConnectionFactory.class))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(FileTokenStore.class));
	}

	@Test
	void storeWhenTheDatabaseIsAServiceConnectionIsThere() {
		this.runner.withPropertyValues("mcp.oauth.store.type=jdbc", "spring.datasource.url=jdbc:nothing:at-all")
			.withBean(JdbcConnectionDetails.class, Database::new)
			.run((context) -> {
				TokenStore store = context.getBean(JdbcTokenStore.class);
				put(store, Grant.with(Secret.of("a-token")).generation(1).build());
				assertThat(status(context.getBean(McpOAuthManager.class)).state())
					.isEqualTo(ServerStatus.State.AUTHORIZED);
				assertThat(new JdbcTemplate(
						new DriverManagerDataSource(Database.URL, "connection-details", "of-a-service"))
					.queryForObject("SELECT COUNT(*) FROM mcp_oauth_grant", Long.class)).isEqualTo(1);
			});
	}

	@Test
	void storeWhenRedisIsAServiceConnectionIsThere() {
		this.runner.withPropertyValues("mcp.oauth.store.type=redis", "mcp.oauth.store.redis.key-prefix=details:")
			.withBean(DataRedisConnectionDetails.class, RedisConnection::new)
			.run((context) -> {
				TokenStore store = context.getBean(RedisTokenStore.class);
				put(store, Grant.with(Secret.of("a-token")).generation(1).build());
				assertThat(status(context.getBean(McpOAuthManager.class)).state())
					.isEqualTo(ServerStatus.State.AUTHORIZED);
				store.purge(KEY).block(PATIENCE);
			});
	}

	@Test
	void storeWhenTheApplicationHasItsOwnReplacesAllOthers() {
		for (String type : List.of("file", "jdbc", "redis")) {
			this.runner.withPropertyValues("mcp.oauth.store.type=" + type)
				.withBean(TokenStore.class, MemoryTokenStore::new)
				.run((context) -> {
					assertThat(context).hasSingleBean(TokenStore.class);
					TokenStore store = context.getBean(TokenStore.class);
					put(store, Grant.with(Secret.of("a-token")).generation(1).build());
					assertThat(status(context.getBean(McpOAuthManager.class)).storeLocation())
						.isEqualTo(store.location(KEY));
				});
		}
	}

	@Test
	void storeWhenItsOwnPropertiesAreSetUsesThem() {
		this.runner
			.withPropertyValues("mcp.oauth.store.type=jdbc", "mcp.oauth.store.jdbc.initialize-schema=never",
					"spring.datasource.url=jdbc:h2:mem:no-tables;DB_CLOSE_DELAY=-1")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(status(context.getBean(McpOAuthManager.class)).state())
					.isEqualTo(ServerStatus.State.STORE_ERROR);
			});
		this.runner.withPropertyValues("mcp.oauth.store.type=jdbc", "mcp.oauth.store.jdbc.initialise-schema=never")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.jdbc.initialise-schema"));
	}

	@Test
	void listenWhenOffNeedsNoConnectionBesideThePool() {
		assertThat(listeners(true)).isEqualTo(1);
		assertThat(listeners(false)).isZero();
	}

	private int listeners(boolean listen) {
		PostgresServer server = PostgresServer.shared();
		String database = server.createDatabase();
		JdbcTemplate jdbc = new JdbcTemplate(server.dataSource("postgres"));
		AtomicInteger listeners = new AtomicInteger();
		this.runner
			.withPropertyValues("mcp.oauth.store.type=jdbc", "mcp.oauth.store.jdbc.initialize-schema=always",
					"mcp.oauth.store.jdbc.listen=" + listen, "spring.datasource.url=" + server.url(database),
					"spring.datasource.hikari.maximum-pool-size=1")
			.run((context) -> {
				context.getBean(TokenStore.class).load(KEY).block(PATIENCE);
				Integer connections = Awaitility.await()
					.atMost(PATIENCE)
					.until(() -> jdbc.queryForObject("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = ?",
							Integer.class, database), (count) -> count == (listen ? 2 : 1));
				listeners.set(connections - 1);
			});
		return listeners.get();
	}

	@Test
	void pollIntervalWhenNotPositiveIsRefused() {
		this.runner.withPropertyValues("mcp.oauth.store.poll-interval=0")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.poll-interval"));
	}

	@Test
	void leaseWhenTooShortIsRefused() {
		this.runner.withPropertyValues("mcp.oauth.store.lease=100ms")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.lease"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "-1d" })
	void removalOfUnusableGrantsWhenNotPositiveIsRefused(String after) {
		this.runner.withPropertyValues("mcp.oauth.store.remove-unusable-after=" + after)
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.remove-unusable-after"));
	}

	@Test
	void removalOfUnusableGrantsWhenNotSetIsOff() {
		this.runner.run((context) -> assertThat(context.getBean(McpOAuthProperties.class).store().removeUnusableAfter())
			.isNull());
	}

	@Test
	void clockWhenTheApplicationHasOneTellsWhenATokenExpires() {
		Instant now = Instant.now();
		Clock tomorrow = Clock.fixed(now.plus(Duration.ofDays(1)), ZoneOffset.UTC);
		this.runner.withBean(TokenStore.class, MemoryTokenStore::new)
			.withBean(Clock.class, () -> tomorrow)
			.run((context) -> {
				Grant grant = Grant.with(Secret.of("a-token"))
					.generation(1)
					.expiresAt(now.plus(Duration.ofHours(1)))
					.build();
				put(context.getBean(TokenStore.class), grant);
				assertThat(status(context.getBean(McpOAuthManager.class)).state())
					.isEqualTo(ServerStatus.State.LOGIN_REQUIRED);
			});
	}

	@Test
	void encryptionWhenTheKeyIsAMountedSecretEncrypts() throws Exception {
		Path secrets = Files.createDirectory(this.directory.resolve("secrets"));
		Files.writeString(secrets.resolve("mcp.oauth.store.encryption.keys"), KEY_TEXT);
		Path grants = this.directory.resolve("grants");
		this.runner.withInitializer(new ConfigDataApplicationContextInitializer())
			.withPropertyValues("spring.config.import=configtree:" + secrets + "/",
					"mcp.oauth.store.file.directory=" + grants)
			.run((context) -> {
				TokenStore plain = context.getBean(TokenStore.class);
				put(plain, Grant.with(Secret.of("a-plain-token")).generation(1).build());
				McpOAuthManager manager = context.getBean(McpOAuthManager.class);
				assertThat(
						Objects.requireNonNull(manager.provider(GrantKey.of("github")).token().block(PATIENCE)).value())
					.isEqualTo(Secret.of("a-plain-token"));
				Awaitility.await()
					.untilAsserted(() -> assertThat(Files.readString(grants.resolve("github.json")))
						.doesNotContain("a-plain-token"));
			});
	}

	@Test
	void encryptionWhenAKeyIsSetReadsPlainRecords() throws Exception {
		Path keys = Files.writeString(this.directory.resolve("keys"), KEY_TEXT + "\n");
		Files.writeString(this.directory.resolve("github.json"), "{\"access_token\": \"a-plain-token\"}");
		this.runner
			.withPropertyValues("mcp.oauth.store.file.directory=" + this.directory,
					"mcp.oauth.store.encryption.key-file=" + keys)
			.run((context) -> {
				McpOAuthManager manager = context.getBean(McpOAuthManager.class);
				assertThat(status(manager).state()).isEqualTo(ServerStatus.State.AUTHORIZED);
				assertThat(
						Objects.requireNonNull(manager.provider(GrantKey.of("github")).token().block(PATIENCE)).value())
					.isEqualTo(Secret.of("a-plain-token"));
				Awaitility.await()
					.untilAsserted(() -> assertThat(Files.readString(this.directory.resolve("github.json")))
						.doesNotContain("a-plain-token"));
			});
	}

	@Test
	void encryptionWhenKeysAreInAFileReadsItOnce() throws Exception {
		Path keys = Files.writeString(this.directory.resolve("keys"), KEY_TEXT + "\n");
		this.runner
			.withPropertyValues("mcp.oauth.store.file.directory=" + this.directory,
					"mcp.oauth.store.encryption.key-file=" + keys)
			.run((context) -> {
				Files.delete(keys);
				assertThat(context.getBean(GrantImporter.class)).isNotNull();
			});
	}

	@Test
	void encryptionWhenAKeyIsWrongFailsAndDoesNotSayIt() {
		this.runner.withPropertyValues("mcp.oauth.store.encryption.keys=not-a-key")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("mcp.oauth.store.encryption.keys")
				.hasMessageNotContaining("not-a-key"));
	}

	/**
	 * A database that names itself MariaDB, which is all that is asked of it here.
	 */
	private static DataSource mariaDb() {
		return answering(DataSource.class, "getConnection", answering(Connection.class, "getMetaData",
				answering(DatabaseMetaData.class, "getDatabaseProductName", "MariaDB")));
	}

	private static <T> T answering(Class<T> type, String method, Object answer) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
				(proxy, called, arguments) -> (called.getDeclaringClass() == Object.class)
						? called.invoke(answer, arguments) : called.getName().equals(method) ? answer : null));
	}

	private static void put(TokenStore store, Grant grant) {
		store.locked(KEY, PATIENCE, store.save(KEY, grant, null)).block(PATIENCE);
	}

	private static ServerStatus status(McpOAuthManager manager) {
		return Objects.requireNonNull(manager.provider(GrantKey.of("github")).status().block(PATIENCE));
	}

	/**
	 * A database as Testcontainers or Docker Compose tell of it.
	 */
	private static final class Database implements JdbcConnectionDetails {

		private static final String URL = "jdbc:h2:mem:details;DB_CLOSE_DELAY=-1";

		@Override
		public String getUsername() {
			return "connection-details";
		}

		@Override
		public String getPassword() {
			return "of-a-service";
		}

		@Override
		public String getJdbcUrl() {
			return URL;
		}

	}

	private static final class RedisConnection implements DataRedisConnectionDetails {

		@Override
		public Standalone getStandalone() {
			return Standalone.of("127.0.0.1", RedisTestServer.shared().port());
		}

	}

}
