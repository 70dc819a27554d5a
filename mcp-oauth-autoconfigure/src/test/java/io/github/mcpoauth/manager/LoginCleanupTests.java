// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.store.redis.RedisTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.PostgresServer;
import io.github.mcpoauth.testing.RedisTestServer;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestMcpServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the records of logins that {@link GrantCleanup} removes.
 */
class LoginCleanupTests {

	private static final Duration PATIENCE = ManagerFixture.PATIENCE;

	private static final GrantKey APPLICATION = GrantKey.of("github");

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private static final GrantKey BOB = GrantKey.of("github", "bob");

	/**
	 * Longer than the columns of a database, which have a digest in its place.
	 */
	private static final GrantKey LONG = GrantKey.of("github", "c".repeat(250));

	/**
	 * Looked at after all others.
	 */
	private static final GrantKey LAST = GrantKey.of("github", "zoe");

	private static final CleanupSettings SOON = new CleanupSettings(null, Duration.ofMillis(1), Duration.ofMillis(1),
			Duration.ofMillis(100));

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock);

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final WorkThreads threads = WorkThreads.platform();

	private final Deque<AutoCloseable> resources = new ArrayDeque<>();

	@TempDir
	private Path directory;

	@AfterEach
	void close() throws Exception {
		while (!this.resources.isEmpty()) {
			this.resources.pop().close();
		}
		this.mcpServer.close();
		this.authorizationServer.close();
		this.threads.close();
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A login that its user left, and whose process is gone, does not stay in the store")
	void passWhenLoginsEndedLongAgoRemovesTheirRecords(Kind kind) {
		TokenStore store = store(kind);
		LoginRecords records = Objects.requireNonNull(store.logins());
		assertThat(records.removesExpired()).isFalse();
		beginAndDie(store, APPLICATION, ALICE, LONG, LAST);
		this.clock.advance(Duration.ofHours(1));
		beginAndDie(store, BOB);
		open(manager(store, SOON));
		open(manager(store, SOON));
		for (GrantKey key : List.of(APPLICATION, ALICE, LONG, LAST)) {
			Awaitility.await().atMost(PATIENCE).until(() -> records.load(key).blockOptional(PATIENCE).isEmpty());
		}
		assertThat(records.load(BOB).blockOptional(PATIENCE)).as("its user may still answer").isPresent();
		assertThat(Objects.requireNonNull(store.list(GrantQuery.all(10)).block(PATIENCE)).entries())
			.extracting((entry) -> String.valueOf(entry.key().principal()))
			.contains("bob")
			.doesNotContain("alice", "zoe");
	}

	@Test
	void redisWhenAskedRemovesLoginsItself() {
		LettuceConnectionFactory factory = new LettuceConnectionFactory("127.0.0.1", RedisTestServer.shared().port());
		factory.afterPropertiesSet();
		factory.start();
		this.resources.push(factory::destroy);
		RedisTokenStore store = open(
				new RedisTokenStore(factory, UUID.randomUUID() + ":", RemoteStoreSettings.defaults(), this.threads));
		assertThat(store.logins().removesExpired()).isTrue();
		store.logins().replace(ALICE, null, "text", Duration.ofMillis(1)).block(PATIENCE);
		Awaitility.await().atMost(PATIENCE).until(() -> store.logins().load(ALICE).blockOptional(PATIENCE).isEmpty());
	}

	@Test
	void memoryWhenLoginsFollowForgetsThoseBefore() {
		TestClock counter = TestClock.fixed();
		WorkThreads counted = WorkThreads.of(this.threads.blocking(), this.threads.leases(), this.threads.timer(),
				counter.time().nanoTime());
		LoginRecords records = new InMemoryTokenStore(counted).logins();
		assertThat(records.removesExpired()).isTrue();
		records.replace(ALICE, null, "text", Duration.ofMinutes(1)).block(PATIENCE);
		records.replace(LAST, null, "text", Duration.ofMinutes(3)).block(PATIENCE);
		counter.advance(Duration.ofMinutes(2));
		records.replace(BOB, null, "text", Duration.ofMinutes(1)).block(PATIENCE);
		assertThat(records.load(ALICE).blockOptional(PATIENCE)).isEmpty();
		assertThat(records.load(LAST).blockOptional(PATIENCE)).isPresent();
	}

	private void beginAndDie(TokenStore store, GrantKey... keys) {
		try (McpOAuthManager manager = manager(store, CleanupSettings.off())) {
			for (GrantKey key : keys) {
				manager.provider(key).login(LoginRequest.withoutBrowser()).block(PATIENCE);
			}
		}
	}

	private McpOAuthManager manager(TokenStore store, CleanupSettings cleanup) {
		return McpOAuthManager.builder()
			.server(McpServer.of("github", this.mcpServer.url()))
			.store(store)
			.clock(this.clock)
			.settings(new ManagerSettings(ProtocolSettings.defaults(), RefreshSettings.defaults(),
					LoginSettings.defaults(), PrincipalCacheSettings.defaults(), cleanup))
			.build();
	}

	private TokenStore store(Kind kind) {
		return switch (kind) {
			case FILE -> new FileTokenStore(this.directory);
			case H2 -> {
				HikariDataSource pool = open(new HikariDataSource());
				pool.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID());
				pool.setUsername("sa");
				yield database(pool, "h2");
			}
			case POSTGRESQL ->
				database(open(PostgresServer.shared().pool(PostgresServer.shared().createDatabase())), "postgresql");
		};
	}

	private TokenStore database(HikariDataSource pool, String schema) {
		new ResourceDatabasePopulator(
				new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-%s.sql".formatted(schema)))
			.execute(pool);
		return open(new JdbcTokenStore(pool, null, RemoteStoreSettings.defaults(), this.threads));
	}

	private <T extends AutoCloseable> T open(T resource) {
		this.resources.push(resource);
		return resource;
	}

	/**
	 * Stores that do not remove logins themselves.
	 */
	enum Kind {

		FILE, H2, POSTGRESQL

	}

}
