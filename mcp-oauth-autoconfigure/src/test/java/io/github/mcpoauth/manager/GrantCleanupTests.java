// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.manager.CleanupSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.RefusedToken;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestClock;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GrantCleanup}.
 */
class GrantCleanupTests {

	private static final Duration AFTER = Duration.ofDays(30);

	private static final Duration MONTHS = Duration.ofDays(60);

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private final TestClock clock = TestClock.fixed();

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final WorkThreads threads = WorkThreads.platform();

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private @Nullable McpOAuthManager manager;

	@AfterEach
	void close() {
		if (this.manager != null) {
			this.manager.close();
		}
		this.threads.close();
		this.time.dispose();
	}

	@Test
	@DisplayName("Law 5: a grant that can be used again is never removed")
	void passWhenGrantsDifferRemovesTheUnusableOnesOnly() {
		put("expired", expired(MONTHS, null));
		put("refused", expired(MONTHS, "refused"), "refused");
		put("renewable", expired(MONTHS, "good"));
		put("refused-before", expired(MONTHS, "good"), "another");
		put("expired-lately", expired(Duration.ofDays(29), null));
		put("refused-and-valid", expired(Duration.ofDays(-1), "refused"), "refused");
		put("without-expiry", Grant.with(Secret.of("token")).generation(1).build());
		this.store.put(GrantKey.of("github"), expired(MONTHS, null));
		this.store.corrupt(GrantKey.of("github", "corrupt"));
		this.store.saveClient(GrantKey.of("github", "expired"), OAuthClient.configured("client", null, null))
			.block(ManagerFixture.PATIENCE);
		start(this.store);
		awaitPass();
		assertThat(principals()).containsExactlyInAnyOrder("renewable", "refused-before", "expired-lately",
				"refused-and-valid", "without-expiry", "corrupt");
		assertThat(this.store.get(GrantKey.of("github"))).as("the application's own").isNotNull();
		assertThat(this.store.getClient(GrantKey.of("github", "expired"))).isNull();
	}

	@Test
	void passWhenGrantsAreManyLooksAtAllPages() {
		for (int index = 0; index < 250; index++) {
			put("user-" + index, expired(MONTHS, (index % 2 == 0) ? "good" : null));
		}
		start(this.store);
		awaitPass();
		assertThat(principals()).hasSize(125);
	}

	@Test
	@DisplayName("A record is read again under its lock: a login that came first wins")
	void passWhenGrantIsReplacedMeanwhileKeepsIt() {
		this.store.put(ALICE, expired(MONTHS, null));
		Grant renewed = expired(Duration.ofHours(-1), "good").mutate().generation(2).build();
		Sinks.Empty<Void> login = Sinks.empty();
		Mono<Void> logins = this.store.locked(ALICE, ManagerFixture.PATIENCE,
				login.asMono().then(Mono.fromRunnable(() -> this.store.put(ALICE, renewed))));
		logins.subscribe();
		start(this.store);
		// Not beyond the beginning of the pass, whose deadlines are in virtual time too
		Awaitility.await().atMost(ManagerFixture.PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> {
			advance(Duration.ofSeconds(1));
			return this.store.loads() > 0;
		});
		assertThat(this.store.awaitWaiters(ALICE, 1)).isTrue();
		login.tryEmitEmpty();
		awaitPass();
		assertThat(this.store.get(ALICE)).isEqualTo(renewed);
	}

	@Test
	void passWhenARecordCannotBeRemovedGoesOnWithTheOthers() {
		put("alice", expired(MONTHS, null));
		put("bob", expired(MONTHS, null));
		start(new DelegatingTokenStore(this.store) {

			@Override
			public Mono<Void> purge(GrantKey key) {
				return key.equals(ALICE) ? Mono.error(new IllegalStateException("broken")) : super.purge(key);
			}

		});
		awaitPass();
		assertThat(principals()).containsExactly("alice");
	}

	@Test
	void passWhenManagerIsClosedEnds() {
		put("alice", expired(MONTHS, null));
		start(this.store);
		Objects.requireNonNull(this.manager).close();
		advance(Duration.ofDays(10));
		assertThat(this.store.loads()).isZero();
		assertThat(principals()).containsExactly("alice");
	}

	private void start(TokenStore records) {
		this.manager = McpOAuthManager.builder()
			.server(McpServer.of("github", URI.create("http://127.0.0.1:1/mcp")))
			.store(records)
			.clock(this.clock)
			.threads(WorkThreads.of(this.threads.blocking(), this.threads.leases(), this.time, this.threads::nanos))
			.settings(new ManagerSettings(ProtocolSettings.defaults(), RefreshSettings.defaults(),
					LoginSettings.defaults(), PrincipalCacheSettings.defaults(), CleanupSettings.after(AFTER)))
			.build();
	}

	/**
	 * Wait until a pass that began after this call has looked at all records.
	 */
	private void awaitPass() {
		put("~last", expired(MONTHS, null));
		Awaitility.await().atMost(ManagerFixture.PATIENCE).until(() -> {
			advance(Duration.ofHours(1));
			return !principals().contains("~last");
		});
	}

	private void advance(Duration duration) {
		this.time.advanceTimeBy(duration);
	}

	private void put(String principal, Grant grant) {
		this.store.put(GrantKey.of("github", principal), grant);
	}

	private void put(String principal, Grant grant, String refused) {
		put(principal, grant);
		GrantKey key = GrantKey.of("github", principal);
		GrantLessons lessons = GrantLessons.NONE
			.withRefusedToken(new RefusedToken(Secret.of(refused).fingerprint(), "invalid_grant"));
		this.store.locked(key, ManagerFixture.PATIENCE, this.store.saveLessons(key, lessons))
			.block(ManagerFixture.PATIENCE);
	}

	private Grant expired(Duration ago, @Nullable String refreshToken) {
		Instant expiry = this.clock.instant().minus(ago);
		return Grant.with(Secret.of("token"))
			.refreshToken((refreshToken != null) ? Secret.of(refreshToken) : null)
			.expiresAt(expiry)
			.generation(1)
			.build();
	}

	private List<String> principals() {
		return Objects.requireNonNull(this.store.list(GrantQuery.all(1000)).block(ManagerFixture.PATIENCE))
			.entries()
			.stream()
			.map((entry) -> String.valueOf(entry.key().principal()))
			.toList();
	}

}
