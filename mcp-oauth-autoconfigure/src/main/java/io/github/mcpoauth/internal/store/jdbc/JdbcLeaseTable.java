// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.work.WorkThreads;
import reactor.core.publisher.Mono;

import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Leases as rows. Only the database's clock counts.
 */
final class JdbcLeaseTable implements LeaseTable {

	private static final String TAKE_OVER = """
			UPDATE mcp_oauth_lease SET owner = ?, expires_at = CURRENT_TIMESTAMP(6) + INTERVAL '%s' SECOND
			WHERE grant_key = ? AND expires_at <= CURRENT_TIMESTAMP(6)""";

	private static final String HELD = """
			SELECT COUNT(*) FROM mcp_oauth_lease
			WHERE grant_key = ? AND expires_at > CURRENT_TIMESTAMP(6)""";

	private static final String TAKE = """
			INSERT INTO mcp_oauth_lease (grant_key, owner, expires_at)
			VALUES (?, ?, CURRENT_TIMESTAMP(6) + INTERVAL '%s' SECOND)""";

	private static final String RENEW = """
			UPDATE mcp_oauth_lease SET expires_at = CURRENT_TIMESTAMP(6) + INTERVAL '%s' SECOND
			WHERE grant_key = ? AND owner = ? AND expires_at > CURRENT_TIMESTAMP(6)""";

	private static final String GIVE_BACK = "DELETE FROM mcp_oauth_lease WHERE grant_key = ? AND owner = ?";

	private final Database database;

	private final JdbcPush push;

	private final WorkThreads threads;

	JdbcLeaseTable(Database database, JdbcPush push, WorkThreads threads) {
		this.database = database;
		this.push = push;
		this.threads = threads;
	}

	@Override
	public Mono<Boolean> take(GrantKey key, String owner, Duration time) {
		String name = KeyCodec.of(key);
		return this.database.<Boolean>run(this.threads.blocking(), (jdbc) -> take(jdbc, name, owner, time))
			// Another process was faster each time: the lock waits and tries again
			.onErrorReturn((ex) -> ex instanceof ConcurrencyFailureException || ex instanceof DuplicateKeyException,
					false);
	}

	@Override
	public Mono<Boolean> renew(GrantKey key, String owner, Duration time) {
		return this.database.run(this.threads.leases(), (jdbc) -> renew(jdbc, KeyCodec.of(key), owner, time));
	}

	@Override
	public Mono<Void> giveBack(GrantKey key, String owner) {
		return this.database.run(this.threads.blocking(), (jdbc) -> {
			if (jdbc.update(GIVE_BACK, KeyCodec.of(key), owner) > 0) {
				this.push.tell(jdbc, RemoteEvents.givenBack(key));
			}
			return null;
		});
	}

	@Override
	public String location(GrantKey key) {
		return "mcp_oauth_lease[%s]".formatted(KeyCodec.of(key));
	}

	static boolean renew(JdbcOperations jdbc, String name, String owner, Duration time) {
		return jdbc.update(RENEW.formatted(seconds(time)), name, owner) == 1;
	}

	private static boolean take(JdbcOperations jdbc, String name, String owner, Duration time) {
		// Each process that waits asks several times. That takes no lock of a row, and
		// no INSERT that fails, which PostgreSQL would log as an error
		Integer held = jdbc.queryForObject(HELD, Integer.class, name);
		return held != null && held == 0 && (jdbc.update(TAKE_OVER.formatted(seconds(time)), owner, name) == 1
				|| jdbc.update(TAKE.formatted(seconds(time)), name, owner) == 1);
	}

	private static String seconds(Duration time) {
		return Long.toString(Math.max(1, time.toSeconds()));
	}

}
