// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

import com.zaxxer.hikari.HikariDataSource;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.store.encrypted.EncryptedTokenStore;
import io.github.mcpoauth.internal.store.encrypted.EncryptionKeys;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.store.redis.RedisTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.PostgresServer;
import io.github.mcpoauth.testing.RedisTestServer;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * Stores that several nodes share, one for each node.
 */
final class ReplicaStores {

	private final Deque<AutoCloseable> resources = new ArrayDeque<>();

	private final WorkThreads threads = open(WorkThreads.platform());

	private final Kind kind;

	private final Path directory;

	private @Nullable TokenStore memory;

	private @Nullable HikariDataSource pool;

	private @Nullable LettuceConnectionFactory redis;

	private final String prefix = UUID.randomUUID() + ":";

	ReplicaStores(Kind kind, Path directory) {
		this.kind = kind;
		this.directory = directory;
	}

	/**
	 * The store of another node.
	 */
	TokenStore create() {
		return switch (this.kind) {
			case MEMORY -> {
				TokenStore shared = (this.memory != null) ? this.memory : new InMemoryTokenStore(this.threads);
				this.memory = shared;
				yield shared;
			}
			case FILE -> new FileTokenStore(this.directory);
			case ENCRYPTED_FILE -> new EncryptedTokenStore(new FileTokenStore(this.directory),
					EncryptionKeys.of(List.of(Secret.of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))), false);
			case H2, POSTGRESQL -> open(new JdbcTokenStore(pool(), null, RemoteStoreSettings.defaults(), this.threads));
			case REDIS -> open(new RedisTokenStore(redis(), this.prefix, RemoteStoreSettings.defaults(), this.threads));
		};
	}

	private HikariDataSource pool() {
		HikariDataSource known = this.pool;
		if (known == null) {
			boolean h2 = this.kind == Kind.H2;
			known = open(h2 ? new HikariDataSource()
					: PostgresServer.shared().pool(PostgresServer.shared().createDatabase()));
			if (h2) {
				known.setJdbcUrl("jdbc:h2:mem:" + UUID.randomUUID());
				known.setUsername("sa");
			}
			this.pool = known;
			new ResourceDatabasePopulator(new ClassPathResource(
					"io/github/mcpoauth/store/jdbc/schema-%s.sql".formatted(h2 ? "h2" : "postgresql")))
				.execute(known);
		}
		return known;
	}

	private LettuceConnectionFactory redis() {
		if (this.redis == null) {
			LettuceConnectionFactory factory = new LettuceConnectionFactory("127.0.0.1",
					RedisTestServer.shared().port());
			factory.afterPropertiesSet();
			factory.start();
			this.resources.push(factory::destroy);
			this.redis = factory;
		}
		return Objects.requireNonNull(this.redis);
	}

	private <T extends AutoCloseable> T open(T resource) {
		this.resources.push(resource);
		return resource;
	}

	void close() throws Exception {
		while (!this.resources.isEmpty()) {
			this.resources.pop().close();
		}
	}

	/**
	 * The kinds of stores.
	 */
	enum Kind {

		MEMORY, FILE, ENCRYPTED_FILE, H2, POSTGRESQL, REDIS

	}

}
