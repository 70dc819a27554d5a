// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

import javax.sql.DataSource;

import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.BusySchedulers;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.testing.TestPerson;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The work that gets tokens goes on while the application has filled the schedulers that
 * it shares with all libraries.
 */
class BusySchedulersTests {

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(Duration.ofHours(1));

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final WorkThreads threads = WorkThreads.platform();

	@TempDir
	private Path directory;

	@AfterEach
	void stop() {
		this.threads.close();
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("stores")
	@DisplayName("Law 18, X2: refreshes and logins go on while the shared schedulers are busy")
	void refreshWhenSharedSchedulersAreBusyGoesOn(String name, Function<BusySchedulersTests, TokenStore> store)
			throws Exception {
		McpServer server = McpServer.of("demo", this.mcpServer.url());
		TokenStore records = store.apply(this);
		try (McpOAuthManager manager = McpOAuthManager.builder()
			.server(server)
			.store(records)
			.clock(this.clock)
			.build()) {
			TestPerson.logIn(manager, server.key());
			WebClient client = WebClient.builder().filter(manager.filter("demo")).build();
			try (BusySchedulers busy = BusySchedulers.fill()) {
				assertThat(busy).isNotNull();
				assertThat(call(client)).contains("jsonrpc");
				Grant grant = Objects
					.requireNonNull(records.load(server.key()).map(StoredGrant::grant).block(ManagerFixture.PATIENCE));
				this.authorizationServer.revokeAccessToken(grant.accessToken());
				assertThat(call(client)).contains("jsonrpc");
				assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
				this.clock.advance(Duration.ofHours(2));
				assertThat(call(client)).contains("jsonrpc");
				assertThat(this.authorizationServer.refreshes()).isEqualTo(2);
				assertThat(manager.provider(server.key())
					.login(LoginRequest.withoutBrowser())
					.block(ManagerFixture.PATIENCE)).isNotNull();
				assertThat(manager.provider(server.key()).logout().block(ManagerFixture.PATIENCE)).isNotNull();
			}
		}
	}

	static Stream<Arguments> stores() {
		return Stream.of(store("files", BusySchedulersTests::files), store("H2", BusySchedulersTests::h2));
	}

	private static Arguments store(String name, Function<BusySchedulersTests, TokenStore> store) {
		return Arguments.of(name, store);
	}

	@Test
	@DisplayName("Law 18, X2: a lease is renewed while the shared schedulers are busy")
	void leaseWhenSharedSchedulersAreBusyIsRenewed() {
		McpServer server = McpServer.of("demo", this.mcpServer.url());
		DataSource database = database();
		RemoteStoreSettings settings = RemoteStoreSettings.of(Duration.ofSeconds(1), Duration.ofSeconds(1));
		try (JdbcTokenStore store = new JdbcTokenStore(database, null, settings, this.threads);
				JdbcTokenStore other = new JdbcTokenStore(database, null, settings, this.threads);
				BusySchedulers busy = BusySchedulers.fill()) {
			assertThat(busy).isNotNull();
			Sinks.Empty<Void> held = Sinks.empty();
			Sinks.Empty<Void> end = Sinks.empty();
			Mono<Void> work = store.locked(server.key(), ManagerFixture.PATIENCE,
					Mono.fromRunnable(held::tryEmitEmpty).then(end.asMono()));
			StepVerifier.create(work)
				.then(() -> held.asMono().block(ManagerFixture.PATIENCE))
				.then(() -> StepVerifier
					.create(other.locked(server.key(), Duration.ofSeconds(2), Mono.just("the lock was lost")))
					.expectError(LockTimeoutException.class)
					.verify(ManagerFixture.PATIENCE))
				.then(end::tryEmitEmpty)
				.expectComplete()
				.verify(ManagerFixture.PATIENCE);
		}
	}

	private String call(WebClient client) {
		return String.valueOf(client.post()
			.uri(this.mcpServer.url())
			.contentType(MediaType.APPLICATION_JSON)
			.bodyValue(ManagerFixture.ECHO)
			.retrieve()
			.bodyToMono(String.class)
			.block(ManagerFixture.PATIENCE));
	}

	private TokenStore files() {
		return new FileTokenStore(this.directory, this.clock, this.threads);
	}

	private TokenStore h2() {
		return new JdbcTokenStore(database(), null, RemoteStoreSettings.defaults(), this.threads);
	}

	private static DataSource database() {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()));
		new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-h2.sql"))
			.execute(database);
		return database;
	}

}
