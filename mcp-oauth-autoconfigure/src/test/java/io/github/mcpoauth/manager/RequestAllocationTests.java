// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.management.ThreadMXBean;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.TokenStore;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Guards what a request costs when the token is in memory, by what it allocates and how
 * often it asks the store: unlike time, these are the same on every machine. Times are
 * measured by {@code benchmarks}.
 */
class RequestAllocationTests {

	private static final int REQUESTS = 8_000;

	private static final ExchangeStrategies STRATEGIES = ExchangeStrategies.withDefaults();

	private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

	private static final McpServer SERVER = McpServer.of("github", URI.create("https://mcp.example.com/mcp"));

	private static final String USER = "user";

	private final WorkThreads threads = WorkThreads.platform();

	@TempDir
	private Path directory;

	private @Nullable String authorization;

	@AfterEach
	void stop() {
		this.threads.close();
	}

	@Test
	void filterWhenTheTokenIsInMemoryAllocatesHardlyMoreThanAConstantHeader() {
		ManagerFixture fixture = new ManagerFixture();
		try (fixture) {
			String expected = "Bearer " + fixture.grant().accessToken().reveal();
			URI url = fixture.mcpServer.url();
			long constant = allocated(REQUESTS, url, Context.empty(), constantHeader(expected));
			this.authorization = null;
			long ours = allocated(REQUESTS, url, Context.empty(), fixture.manager.filter("github"));
			assertThat(this.authorization).isEqualTo(expected);
			assertThat(ours).as("bytes a request, where a constant header takes %d", constant)
				.isLessThan(constant + 1_000);
		}
	}

	@Test
	void filterWhenEveryRequestLooksAtTheFileAllocatesHardlyMoreThanAConstantHeader() {
		TokenStore store = new FileTokenStore(this.directory, Clock.systemUTC(), this.threads);
		save(store, SERVER.key(), "token", null);
		try (McpOAuthManager manager = manager(store, PrincipalResolver.application())) {
			long constant = allocated(constantHeader("Bearer token"));
			long ours = allocated(manager.filter("github"));
			assertThat(this.authorization).isEqualTo("Bearer token");
			assertThat(ours).as("bytes a request, where a constant header takes %d", constant)
				.isLessThan(constant + 1_000);
		}
	}

	@Test
	void filterWhenGrantsAreInADatabaseAsksItForNothing() {
		AtomicInteger connections = new AtomicInteger();
		// So long that records are compared with the database once at most
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(5), Duration.ofHours(1),
				Duration.ofHours(1), Duration.ofSeconds(30), Duration.ofSeconds(30));
		try (JdbcTokenStore store = new JdbcTokenStore(database(connections), null, settings, this.threads);
				McpOAuthManager manager = manager(store, PrincipalResolver.application())) {
			save(store, SERVER.key(), "token", null);
			ExchangeFilterFunction filter = manager.filter("github");
			perform(1, SERVER.url(), Context.empty(), filter);
			int before = connections.get();
			long constant = allocated(constantHeader("Bearer token"));
			long ours = allocated(filter);
			assertThat(this.authorization).isEqualTo("Bearer token");
			assertThat(connections).as("connections that were asked for").hasValue(before);
			assertThat(ours).as("bytes a request, where a constant header takes %d", constant)
				.isLessThan(constant + 1_000);
		}
	}

	@Test
	void filterWhenThePrincipalIsKnownAllocatesLittleMoreThanForTheApplication() {
		TokenStore store = new FileTokenStore(this.directory, Clock.systemUTC(), this.threads);
		save(store, SERVER.key(), "own", null);
		save(store, SERVER.key("alice"), "hers", null);
		try (McpOAuthManager own = manager(store, PrincipalResolver.application());
				McpOAuthManager manager = manager(store, PrincipalResolver.fromContext(USER))) {
			long application = allocated(own.filter("github"));
			assertThat(this.authorization).isEqualTo("Bearer own");
			long principal = allocated(REQUESTS, SERVER.url(), Context.of(USER, "alice"), manager.filter("github"));
			assertThat(this.authorization).isEqualTo("Bearer hers");
			assertThat(principal).as("bytes a request, where one of the application takes %d", application)
				.isLessThan(application + 1_500);
		}
	}

	@Test
	void filterWhenTheTokenIsBoundAllocatesLittleMoreThanItsSignature() throws GeneralSecurityException {
		int requests = 500;
		TokenStore store = new FileTokenStore(this.directory, Clock.systemUTC(), this.threads);
		save(store, SERVER.key(), "token", DPoPKey.generate("ES256", Clock.systemUTC()).toSecret());
		try (McpOAuthManager manager = manager(store, PrincipalResolver.application())) {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			KeyPair key = generator.generateKeyPair();
			sign(key, requests);
			long before = THREADS.getCurrentThreadAllocatedBytes();
			sign(key, requests);
			long signature = (THREADS.getCurrentThreadAllocatedBytes() - before) / requests;
			long ours = allocated(requests, SERVER.url(), Context.empty(), manager.filter("github"));
			assertThat(this.authorization).isEqualTo("DPoP token");
			assertThat(ours).as("bytes a request, where its signature takes %d", signature)
				.isLessThan(signature + 40_000);
		}
	}

	@Test
	void recoverWhenTheTokenWasReplacedReadsTheSameWordsOnce() {
		int rejections = 5_000;
		List<String> challenges = List.of("Bearer error=\"invalid_token\", error_description=\"%s\""
			.formatted("The access token expired. ".repeat(100)));
		TokenStore store = new FileTokenStore(this.directory, Clock.systemUTC(), this.threads);
		save(store, SERVER.key(), "token", null);
		try (McpOAuthManager manager = manager(store, PrincipalResolver.application())) {
			Rejection rejection = Rejection.of(Grant.with(Secret.of("old")).build().toAccessToken(null), challenges);
			recover(manager, rejection, rejections);
			long before = THREADS.getCurrentThreadAllocatedBytes();
			recover(manager, rejection, rejections);
			assertThat((THREADS.getCurrentThreadAllocatedBytes() - before) / rejections)
				.as("bytes a rejection, of which the words are %d", challenges.get(0).length())
				.isLessThan(5_000);
		}
	}

	private static void recover(McpOAuthManager manager, Rejection rejection, int count) {
		for (int number = 0; number < count; number++) {
			Recovery recovery = manager.provider(SERVER.key()).recover(rejection).block(ManagerFixture.PATIENCE);
			assertThat(Objects.requireNonNull(recovery).outcome()).isEqualTo(Recovery.Outcome.ADOPTED);
		}
	}

	private static void sign(KeyPair key, int count) throws GeneralSecurityException {
		for (int number = 0; number < count; number++) {
			Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
			signature.initSign(key.getPrivate());
			signature.update(new byte[500]);
			assertThat(signature.sign()).hasSize(64);
		}
	}

	private McpOAuthManager manager(TokenStore store, PrincipalResolver principals) {
		RefreshSettings usual = RefreshSettings.defaults();
		RefreshSettings eager = new RefreshSettings(usual.window(), Duration.ZERO, usual.recoveryTimeout(),
				usual.lockTimeout(), usual.storeTimeout(), usual.pauses());
		return McpOAuthManager.builder()
			.server(SERVER)
			.store(store)
			.principals(principals)
			.threads(this.threads)
			.settings(new ManagerSettings(ProtocolSettings.defaults(), eager, LoginSettings.defaults(),
					PrincipalCacheSettings.defaults(), CleanupSettings.off()))
			.build();
	}

	private static void save(TokenStore store, GrantKey key, String token, @Nullable Secret bound) {
		Instant now = Instant.now();
		Grant grant = Grant.with(Secret.of(token))
			.tokenType((bound != null) ? "DPoP" : "Bearer")
			.dpopKey(bound)
			.issuedAt(now)
			.expiresAt(now.plus(Duration.ofDays(1)))
			.generation(1)
			.build();
		store.save(key, grant, null).block(ManagerFixture.PATIENCE);
	}

	private static DelegatingDataSource database(AtomicInteger connections) {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()));
		database.setUser("sa");
		DatabasePopulatorUtils.execute(
				new ResourceDatabasePopulator(new ClassPathResource("io/github/mcpoauth/store/jdbc/schema-h2.sql")),
				database);
		return new DelegatingDataSource(database) {

			@Override
			public Connection getConnection() throws SQLException {
				connections.incrementAndGet();
				return super.getConnection();
			}

		};
	}

	private static ExchangeFilterFunction constantHeader(String authorization) {
		return (request,
				next) -> next.exchange(ClientRequest.from(request)
					.headers((headers) -> headers.set(HttpHeaders.AUTHORIZATION, authorization))
					.build());
	}

	private long allocated(ExchangeFilterFunction filter) {
		return allocated(REQUESTS, SERVER.url(), Context.empty(), filter);
	}

	private long allocated(int requests, URI url, Context context, ExchangeFilterFunction filter) {
		perform(requests, url, context, filter);
		long before = THREADS.getCurrentThreadAllocatedBytes();
		perform(requests, url, context, filter);
		return (THREADS.getCurrentThreadAllocatedBytes() - before) / requests;
	}

	private void perform(int requests, URI url, Context context, ExchangeFilterFunction filter) {
		ClientRequest request = ClientRequest.create(HttpMethod.POST, url)
			.header("Accept", "application/json, text/event-stream")
			.header("Content-Type", "application/json")
			.header("Mcp-Session-Id", "session")
			.build();
		Mono<ClientResponse> answer = Mono.just(ClientResponse.create(HttpStatus.OK).build());
		ExchangeFunction next = (sent) -> {
			MockClientHttpRequest written = new MockClientHttpRequest(sent.method(), sent.url());
			sent.writeTo(written, STRATEGIES).block(ManagerFixture.PATIENCE);
			this.authorization = written.getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
			return answer;
		};
		for (int count = 0; count < requests; count++) {
			Objects.requireNonNull(filter.filter(request, next).contextWrite(context).block(ManagerFixture.PATIENCE));
		}
	}

}
