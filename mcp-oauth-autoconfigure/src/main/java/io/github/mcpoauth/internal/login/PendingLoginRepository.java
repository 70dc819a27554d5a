// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.store.pending.PendingKind;
import io.github.mcpoauth.internal.store.pending.PendingRecords;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The logins that wait for a user, as all processes know them. A grant has a few.
 */
final class PendingLoginRepository {

	/**
	 * A user that starts more loses the oldest ones.
	 */
	static final int MOST = 5;

	/**
	 * The metadata of an authorization server may be as large as it likes.
	 */
	private static final int LARGEST = 192 * 1024;

	private final PendingRecords<PendingLogin> records;

	/**
	 * Create the logins of a store.
	 * @param store the store. The logins end with this process if the store keeps none
	 * @param threads the threads of the manager
	 * @param clock the clock
	 */
	PendingLoginRepository(TokenStore store, WorkThreads threads, Clock clock) {
		this.records = new PendingRecords<>(store.logins(), new Kind(), threads, clock);
	}

	/**
	 * Whether other processes can go on with a login when this one ends.
	 * @return {@code false} if the logins are in memory
	 */
	boolean outliveProcess() {
		return this.records.outliveProcess();
	}

	/**
	 * The logins of a grant.
	 * @param key the grant
	 * @return a mono with the logins, the newest first
	 */
	Mono<List<PendingLogin>> of(GrantKey key) {
		return this.records.of(key);
	}

	/**
	 * A login.
	 * @param key the grant
	 * @param id the id of the login
	 * @return a mono with the login, empty if it is not known any more
	 */
	Mono<PendingLogin> find(GrantKey key, String id) {
		return of(key).flatMap(
				(logins) -> Mono.justOrEmpty(logins.stream().filter((login) -> login.id().equals(id)).findFirst()));
	}

	/**
	 * Add a login.
	 * @param key the grant
	 * @param login the login
	 * @return an empty mono
	 */
	Mono<Void> add(GrantKey key, PendingLogin login) {
		return Mono.defer(() -> isTooLarge(login) ? Mono.error(new TokenStoreException(key.server(),
				"The login to MCP server '%s' cannot be kept: with the metadata of its authorization server it has more than %d characters"
					.formatted(key, LARGEST),
				null)) : this.records.change(key, (logins) -> {
					List<PendingLogin> all = new ArrayList<>(List.of(login));
					all.addAll(logins);
					return all;
				}).then());
	}

	private static boolean isTooLarge(PendingLogin login) {
		return JsonMembers.render(login.members()).length > LARGEST;
	}

	/**
	 * Advance a login.
	 * @param key the grant
	 * @param id the id of the login
	 * @param change makes the next form of the login, {@code null} to leave it as it is
	 * @return a mono with whether it was advanced by this call
	 */
	Mono<Boolean> advance(GrantKey key, String id, Function<PendingLogin, @Nullable PendingLogin> change) {
		return this.records.change(key, (logins) -> {
			List<PendingLogin> all = new ArrayList<>();
			boolean changed = false;
			for (PendingLogin login : logins) {
				PendingLogin next = login.id().equals(id) ? change.apply(login) : null;
				all.add((next != null) ? next : login);
				changed |= next != null;
			}
			return changed ? all : null;
		});
	}

	/**
	 * End all logins of a grant.
	 * @param key the grant
	 * @return an empty mono
	 */
	Mono<Void> clear(GrantKey key) {
		return this.records.change(key, (logins) -> logins.isEmpty() ? null : List.of()).then();
	}

	/**
	 * Whether the store leaves it to its users to remove logins that ended long ago.
	 */
	boolean keepExpired() {
		return this.records.keepExpired();
	}

	/**
	 * Remove the logins of a grant if all of them ended long ago. A login that another
	 * process adds meanwhile stays.
	 * @param key the grant
	 * @return a mono with whether they were removed
	 */
	Mono<Boolean> removeExpired(GrantKey key) {
		return this.records.removeExpired(key);
	}

	/**
	 * Logins, the newest first.
	 */
	static final class Kind implements PendingKind<PendingLogin> {

		@Override
		public String name() {
			return "logins";
		}

		@Override
		public int most() {
			return MOST;
		}

		@Override
		public int largest() {
			return LARGEST;
		}

		@Override
		public Instant expiresAt(PendingLogin login) {
			return login.expiresAt();
		}

		@Override
		public Map<String, Object> write(PendingLogin login) {
			return login.members();
		}

		@Override
		public PendingLogin read(GrantKey key, Instant expiresAt, JsonMembers members) throws MalformedRecordException {
			return PendingLogin.of(expiresAt, members);
		}

	}

}
