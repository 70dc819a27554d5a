// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.PostgresServer;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link JdbcTokenStore} with databases that misbehave.
 */
class JdbcTokenStoreTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("linear");

	private final WorkThreads threads = WorkThreads.platform();

	@AfterEach
	void closeThreads() {
		this.threads.close();
	}

	@Test
	@DisplayName("X18: LISTEN that delivers nothing, as behind PgBouncer, is not trusted")
	void isCurrentWhenListenDeliversNothingComparesInstead() {
		PostgresServer server = PostgresServer.shared();
		String database = server.createDatabase();
		// Messages stay within a database, so this connection never hears any
		DataSource deaf = server.dataSource(server.createDatabase());
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(5), Duration.ofMillis(100),
				Duration.ofHours(1), Duration.ofSeconds(10), Duration.ofSeconds(10));
		try (HikariDataSource pool = server.pool(database);
				JdbcTokenStore store = new JdbcTokenStore(pool, deaf, settings, this.threads);
				JdbcTokenStore other = new JdbcTokenStore(pool, null, settings, this.threads)) {
			schema("postgresql", pool);
			Grant first = save(store, grant("first", 1), null);
			StoredGrant read = get(store.load(KEY));
			save(other, grant("second", 2), first);
			Awaitility.await().atMost(PATIENCE).until(() -> !store.isCurrent(KEY, read.stamp()));
			assertThat(get(store.load(KEY)).grant()).isEqualTo(grant("second", 2));
		}
	}

	@Test
	@DisplayName("X7: a write that never returns ends after its deadline, and others get the lock")
	void saveWhenDatabaseNeverAnswersFailsAfterTheDeadline() {
		DataSource database = h2();
		Stalling stalling = new Stalling(database);
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(1), Duration.ofSeconds(1),
				Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(1));
		try (JdbcTokenStore store = new JdbcTokenStore(stalling, null, settings, this.threads);
				JdbcTokenStore other = new JdbcTokenStore(database, null, settings, this.threads)) {
			Grant first = save(store, grant("first", 1), null);
			Mono<StoredGrant> save = Mono.fromRunnable(stalling::stall).then(store.save(KEY, grant("lost", 2), first));
			assertThatExceptionOfType(TokenStoreException.class)
				.isThrownBy(() -> get(store.locked(KEY, PATIENCE, save)))
				.withMessageContaining("no answer within 1000 ms");
			Grant second = save(other, grant("second", 2), first);
			stalling.goOn();
			assertThat(get(store.load(KEY)).grant()).isEqualTo(second);
			save(store, grant("third", 3), second);
		}
	}

	@Test
	@DisplayName("X7: a lock that the database cannot give is a failure of the store, which says why")
	void lockedWhenDatabaseFailsSaysWhy() {
		JdbcDataSource empty = new JdbcDataSource();
		empty.setUrl("jdbc:h2:mem:empty-" + UUID.randomUUID());
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(1), Duration.ofHours(1),
				Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
		try (JdbcTokenStore store = new JdbcTokenStore(empty, null, settings, this.threads)) {
			assertThatExceptionOfType(TokenStoreException.class)
				.isThrownBy(() -> get(store.locked(KEY, PATIENCE, Mono.empty())))
				.withMessageContaining("The lock of MCP server 'linear' could not be asked for in");
		}
	}

	@Test
	@DisplayName("X21: callers that hold all connections fail the look that they wait for, and the next one works")
	void loadWhenCallersHoldAllConnectionsFailsUntilOneIsFree() throws SQLException {
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(1), Duration.ofHours(1),
				Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
		try (HikariDataSource pool = new HikariDataSource();
				JdbcTokenStore store = new JdbcTokenStore(pool, null, settings, this.threads)) {
			pool.setDataSource(h2());
			pool.setMaximumPoolSize(1);
			Grant stored = save(store, grant("first", 1), null);
			try (Connection caller = pool.getConnection()) {
				assertThat(caller.isClosed()).isFalse();
				assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> get(store.load(KEY)))
					.withMessageContaining("no answer within 1000 ms");
			}
			assertThat(get(store.load(KEY)).grant()).isEqualTo(stored);
		}
	}

	@Test
	@DisplayName("F1: the first read of a process that starts on a busy machine waits for its connection")
	void loadWhenTheFirstConnectionTakesLongerThanAReadWaitsForIt() {
		Stalling stalling = new Stalling(h2());
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(1), Duration.ofSeconds(1),
				Duration.ofSeconds(30), Duration.ofMillis(100), Duration.ofSeconds(30));
		try (JdbcTokenStore store = new JdbcTokenStore(stalling, null, settings, this.threads)) {
			stalling.stall();
			CompletableFuture<StoredGrant> first = store.load(KEY).toFuture();
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> first.get(500, TimeUnit.MILLISECONDS));
			stalling.goOn();
			assertThat(first).succeedsWithin(PATIENCE);
			stalling.stall();
			assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> get(store.load(KEY)))
				.withMessageContaining("no answer within 100 ms");
			stalling.goOn();
		}
	}

	@Test
	@DisplayName("X19: a database that is not supported is refused with a clear word")
	void loadWhenDatabaseIsNotSupportedFails() {
		DataSource unknown = new DelegatingDataSource(h2()) {

			@Override
			public Connection getConnection() throws SQLException {
				Connection connection = super.getConnection();
				return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(),
						new Class<?>[] { Connection.class }, (proxy, method, arguments) -> {
							Object result = method.invoke(connection, arguments);
							return method.getName().equals("getMetaData") ? Proxy.newProxyInstance(
									getClass().getClassLoader(), new Class<?>[] { DatabaseMetaData.class },
									(metadata, getter, none) -> getter.getName().equals("getDatabaseProductName")
											? "Frobnicator" : getter.invoke(result, none))
									: result;
						});
			}

		};
		try (JdbcTokenStore store = new JdbcTokenStore(unknown, null, RemoteStoreSettings.defaults(), this.threads)) {
			assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> get(store.load(KEY)))
				.withMessageContaining("Frobnicator is not supported")
				.withMessageContaining("MariaDB");
		}
	}

	private static DataSource h2() {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()));
		schema("h2", database);
		return database;
	}

	private static void schema(String platform, DataSource dataSource) {
		new ResourceDatabasePopulator(
				new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-%s.sql".formatted(platform)))
			.execute(dataSource);
	}

	private static Grant save(TokenStore store, Grant grant, @Nullable Grant replaces) {
		get(store.locked(KEY, PATIENCE, store.save(KEY, grant, replaces)));
		return grant;
	}

	private static Grant grant(String token, long generation) {
		return Grant.with(Secret.of(token)).refreshToken(Secret.of("refresh-" + token)).generation(generation).build();
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

	/**
	 * A database whose connections cannot be had for a while.
	 */
	private static final class Stalling extends DelegatingDataSource {

		private volatile CountDownLatch open = new CountDownLatch(0);

		Stalling(DataSource database) {
			super(database);
		}

		void stall() {
			this.open = new CountDownLatch(1);
		}

		void goOn() {
			this.open.countDown();
		}

		@Override
		public Connection getConnection() throws SQLException {
			try {
				this.open.await();
			}
			catch (InterruptedException ex) {
				throw new SQLException(ex);
			}
			return super.getConnection();
		}

	}

}
