// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.jdbc;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * Leases as rows. The database's clock is the only one that counts.
 */
final class JdbcLeaseTable implements LeaseTable {

	private static final String TAKE_OVER = """
			UPDATE mcp_oauth_lease SET owner = ?, expires_at = CURRENT_TIMESTAMP + INTERVAL '%s' SECOND
			WHERE grant_key = ? AND expires_at <= CURRENT_TIMESTAMP""";

	private static final String TAKE = """
			INSERT INTO mcp_oauth_lease (grant_key, owner, expires_at)
			SELECT CAST(? AS VARCHAR(255)), CAST(? AS VARCHAR(64)), CURRENT_TIMESTAMP + INTERVAL '%s' SECOND
			WHERE NOT EXISTS (SELECT 1 FROM mcp_oauth_lease WHERE grant_key = ?)""";

	private static final String RENEW = """
			UPDATE mcp_oauth_lease SET expires_at = CURRENT_TIMESTAMP + INTERVAL '%s' SECOND
			WHERE grant_key = ? AND owner = ? AND expires_at > CURRENT_TIMESTAMP""";

	private static final String GIVE_BACK = "DELETE FROM mcp_oauth_lease WHERE grant_key = ? AND owner = ?";

	private final JdbcOperations jdbc;

	private final Push push;

	private final JdbcErrors errors;

	JdbcLeaseTable(JdbcOperations jdbc, Push push, JdbcErrors errors) {
		this.jdbc = jdbc;
		this.push = push;
		this.errors = errors;
	}

	@Override
	public Mono<Boolean> take(GrantKey key, String owner, Duration time) {
		return Blocking.call(() -> takeNow(KeyCodec.of(key), owner, time))
			.onErrorMap((ex) -> this.errors.translate(key, "locked", ex));
	}

	@Override
	public Mono<Boolean> renew(GrantKey key, String owner, Duration time) {
		return Blocking.call(() -> renewNow(key, owner, time))
			.onErrorMap((ex) -> this.errors.translate(key, "locked", ex));
	}

	@Override
	public Mono<Void> giveBack(GrantKey key, String owner) {
		return Blocking.<Void>call(() -> {
			if (this.jdbc.update(GIVE_BACK, KeyCodec.of(key), owner) > 0) {
				this.push.givenBack(key);
			}
			return null;
		}).onErrorMap((ex) -> this.errors.translate(key, "unlocked", ex));
	}

	@Override
	public String location(GrantKey key) {
		return "mcp_oauth_lease[%s]".formatted(KeyCodec.readable(key));
	}

	boolean renewNow(GrantKey key, String owner, Duration time) {
		return this.jdbc.update(RENEW.formatted(seconds(time)), KeyCodec.of(key), owner) == 1;
	}

	private boolean takeNow(String key, String owner, Duration time) {
		if (this.jdbc.update(TAKE_OVER.formatted(seconds(time)), owner, key) == 1) {
			return true;
		}
		try {
			return this.jdbc.update(TAKE.formatted(seconds(time)), key, owner, key) == 1;
		}
		catch (DataIntegrityViolationException ex) {
			return false;
		}
	}

	private static String seconds(Duration time) {
		return Long.toString(Math.max(1, time.toSeconds()));
	}

}
