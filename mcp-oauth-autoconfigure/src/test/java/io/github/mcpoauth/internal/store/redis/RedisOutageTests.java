// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.testing.RedisTestServer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RedisTokenStore} when Redis comes late.
 */
class RedisOutageTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey KEY = GrantKey.of("linear");

	private final WorkThreads threads = WorkThreads.platform();

	@AfterEach
	void closeThreads() {
		this.threads.close();
	}

	@Test
	@DisplayName("X13: Redis is away at the first load: a typed error, and changes are pushed once it is there")
	void loadWhenRedisIsAwayFailsAndListensLater() {
		// Nothing but a push tells of a change within this test
		RemoteStoreSettings settings = new RemoteStoreSettings(Duration.ofSeconds(5), Duration.ofMinutes(5),
				Duration.ofHours(1), Duration.ofSeconds(10), Duration.ofSeconds(10));
		try (RedisTestServer server = RedisTestServer.start()) {
			LettuceConnectionFactory connections = new LettuceConnectionFactory("127.0.0.1", server.port());
			connections.afterPropertiesSet();
			connections.start();
			server.stop();
			try (RedisTokenStore store = new RedisTokenStore(connections, "late:", settings, this.threads);
					RedisTokenStore other = new RedisTokenStore(connections, "late:", settings, this.threads)) {
				assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> get(store.load(KEY)))
					.withMessageContaining("linear");
				server.startAgain();
				AtomicReference<@Nullable StoredGrant> stored = new AtomicReference<>();
				Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
					stored.set(get(store.load(KEY)));
					return true;
				});
				Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
					Grant before = get(other.load(KEY)).grant();
					long generation = (before != null) ? before.generation() + 1 : 1;
					Grant grant = Grant.with(Secret.of("token-" + generation)).generation(generation).build();
					get(other.locked(KEY, PATIENCE, other.save(KEY, grant, before)));
					Awaitility.await()
						.atMost(Duration.ofSeconds(1))
						.until(() -> !store.isCurrent(KEY, Objects.requireNonNull(stored.get()).stamp()));
				});
				assertThat(get(store.load(KEY)).grant()).isNotNull();
			}
			finally {
				connections.destroy();
			}
		}
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

}
