// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stores grants, and lets several processes share them as if they were one. An
 * application that declares a bean of this type replaces all stores of this library.
 * <p>
 * Every implementation keeps this contract, and {@code TokenStoreContractTests} test it:
 * <ul>
 * <li>Nothing happens before subscription. Only {@link #isCurrent} works on the calling
 * thread, and no subscription blocks the subscribing thread. Every mono fails with a
 * {@link TokenStoreException} and nothing else, except for the errors of
 * {@link #locked(GrantKey, Duration, Mono) locked work} itself.</li>
 * <li>A write is complete and durable when its mono ends, or it has changed nothing. A
 * reader, another process or a crash at any instant sees the old record or the new one.
 * Of a {@linkplain #noteSpending note} it is enough that it outlasts its process.</li>
 * <li>Records of different keys are independent: one that cannot be read does not keep
 * another from being read or written.</li>
 * <li>A removed record stays removed: see {@link #save}.</li>
 * <li>Only {@link #delete} and {@link #purge} remove a grant.</li>
 * <li>A decision of a writer ({@link #save}, {@link #noteSpending}, {@link #bindIssuer})
 * compares the newest record. It never compares a replica or a cache.</li>
 * </ul>
 */
public interface TokenStore {

	/**
	 * The name of the server in failures that are about no server in particular.
	 */
	String ANY_SERVER = "*";

	/**
	 * Read a record.
	 * @param key the grant
	 * @return a mono with the record and its stamp, never empty: if there is no record,
	 * the {@link StoredGrant} has no grant. Fails with {@link CorruptRecordException} for
	 * a record that cannot be understood
	 */
	Mono<StoredGrant> load(GrantKey key);

	/**
	 * Whether a record is unchanged. Called before every request, on any thread: it must
	 * take microseconds, must not fail, and answers {@code false} when in doubt.
	 * @param key the grant
	 * @param stamp the stamp of the last load or save
	 * @return {@code true} if the record certainly has not changed since
	 */
	boolean isCurrent(GrantKey key, RecordStamp stamp);

	/**
	 * Write a record, unless another writer changed it since it was read. The caller
	 * holds the lock.
	 * @param key the grant
	 * @param grant the new content; its generation must be above the replaced one's
	 * @param replaces the grant that the caller read, {@code null} if there was no
	 * record. The stored grant must have the same generation and the same tokens; a
	 * record that cannot be understood may be replaced by any caller
	 * @param metadata the authorization server metadata (RFC 8414) that led to the grant,
	 * stored together with it; {@code null} keeps the stored metadata
	 * @return a mono with the record as stored. Fails with {@link GrantConflictException}
	 * if the stored record is another one, or is gone
	 */
	Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces, @Nullable Map<String, Object> metadata);

	/**
	 * Write a record and keep the stored metadata. The same as
	 * {@link #save(GrantKey, Grant, Grant, Map)} without metadata.
	 * @param key the grant
	 * @param grant the new content
	 * @param replaces the grant that the caller read, {@code null} if there was no record
	 * @return a mono with the record as stored
	 */
	default Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces) {
		return save(key, grant, replaces, null);
	}

	/**
	 * Replace the lessons about a grant. The caller holds the lock, and changes the
	 * lessons of a {@link #load} under it. Lessons outlive a {@link #save}: a caller that
	 * stores a new login removes them by writing {@link GrantLessons#NONE}.
	 * @param key the grant
	 * @param lessons the new lessons
	 * @return an empty mono
	 */
	Mono<Void> saveLessons(GrantKey key, GrantLessons lessons);

	/**
	 * Remove the grant, its lessons and its note. The client and the issuer binding stay.
	 * @param key the grant
	 * @return an empty mono, also if it was absent
	 */
	Mono<Void> delete(GrantKey key);

	/**
	 * Remove everything that is stored for a key. The application's own key includes the
	 * issuer binding of the server.
	 * @param key the grant
	 * @return an empty mono, also when there was nothing
	 */
	Mono<Void> purge(GrantKey key);

	/**
	 * Read the registered client.
	 * @param key the grant
	 * @return a mono with the client, empty if absent or it cannot be understood
	 */
	Mono<OAuthClient> loadClient(GrantKey key);

	/**
	 * Write the registered client.
	 * @param key the grant
	 * @param client the client
	 * @return an empty mono
	 */
	Mono<Void> saveClient(GrantKey key, OAuthClient client);

	/**
	 * Remove the registered client. The issuer binding stays.
	 * @param key the grant
	 * @return an empty mono, also if it was absent
	 */
	Mono<Void> deleteClient(GrantKey key);

	/**
	 * Read the issuer that the credentials for a server are bound to. All principals of
	 * the server share the binding.
	 * @param key a grant for the server
	 * @return a mono with the issuer, empty if no binding is stored
	 */
	Mono<String> loadIssuer(GrantKey key);

	/**
	 * Bind the credentials for a server to an issuer, unless they are bound already. The
	 * binding outlives logouts and is removed by {@link #purge} of the application's own
	 * key only. Of several callers at the same time one decides, and all get the same
	 * answer.
	 * @param key a grant for the server
	 * @param issuer the issuer to bind to
	 * @return a mono with the issuer that is bound now: the given one, or the one that
	 * was bound before
	 */
	Mono<String> bindIssuer(GrantKey key, String issuer);

	/**
	 * Read the authorization server metadata (RFC 8414) that was stored with the grant.
	 * @param key the grant
	 * @return a mono with the members of the document, empty if absent or it cannot be
	 * understood
	 */
	Mono<Map<String, Object>> loadMetadata(GrantKey key);

	/**
	 * Do some work while holding the lock on a key against every other holder, in this
	 * process and in others. The lock is released when the work ends in any way, its
	 * subscription is cancelled, or this process dies. It is not reentrant.
	 * @param <T> the type of result
	 * @param key the grant
	 * @param wait how long to wait for the lock
	 * @param work the work, subscribed to once the lock is held
	 * @return a mono that ends as the work does. Fails with {@link LockTimeoutException}
	 * if the lock was not free in time, and the work is not subscribed to then
	 */
	<T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work);

	/**
	 * Whether a lock can be lost while its holder is still running, as a lease that was
	 * not renewed in time. If it cannot, the holder of the lock knows that no other
	 * process waits for an answer, and need not wait for a young note.
	 * @return {@code true} if in doubt
	 */
	default boolean canLoseLock() {
		return true;
	}

	/**
	 * Note, before a refresh token is sent, that it is about to be spent. The caller
	 * holds the lock. The note outlasts the process. It need not outlast a crash of the
	 * machine: without it, the refresh token is tried as one that was never sent, and a
	 * refusal of it ends in a login as well. The store compares and writes in one step: a
	 * process that was paused under the lock does not send a refresh token that another
	 * process has spent meanwhile.
	 * @param key the grant
	 * @param grant the grant that the caller read, which has the refresh token. The
	 * stored grant must have the same generation and the same tokens
	 * @param note the note
	 * @param young age up to which another owner's note for the same refresh token keeps
	 * the store from writing this one. Zero never does
	 * @return a mono with {@link SpendingResult.Noted} if the refresh token may be sent,
	 * or with {@link SpendingResult.Pending} if the caller has to wait and load again.
	 * Fails with {@link GrantConflictException} if the stored record is another one or is
	 * gone: the caller has to load again
	 */
	Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young);

	/**
	 * Withdraw a note because the outcome is known.
	 * @param key the grant
	 * @param owner the process that wrote the note; the note of another owner stays
	 * @return an empty mono, also when there was no note
	 */
	Mono<Void> withdrawSpending(GrantKey key, String owner);

	/**
	 * The logins that wait for a user. With them any process that shares this store can
	 * finish a login; without them it is finished by the process that began it.
	 * @return the records, {@code null} if this store keeps no logins
	 */
	default @Nullable LoginRecords logins() {
		return null;
	}

	/**
	 * Tell the store that this process does not use a record for now. The store may drop
	 * its memory of the record, unless work on it is under way; the stored record stays.
	 * @param key the grant
	 */
	default void forget(GrantKey key) {
	}

	/**
	 * List the keys of principals that anything is stored for: a grant, also one that
	 * cannot be understood, a registered client, or other remainders. The application's
	 * own keys are not listed.
	 * <p>
	 * A walk through all pages meets each key that is stored all the while, and meets it
	 * once unless the store says otherwise. A key that comes or goes meanwhile may be
	 * listed or not. The store keeps no list of all keys in memory.
	 * @param query selects keys and the page
	 * @return a mono with the page, never empty. A page can have fewer entries than the
	 * limit or a few more, and the last one alone has no {@link GrantQuery.Page#next()}.
	 * Fails with {@link ListingNotSupportedException} if the store cannot list, which is
	 * the default, and with {@link IllegalArgumentException} for an
	 * {@link GrantQuery#after()} that cannot be one, if the store can tell
	 */
	default Mono<GrantQuery.Page> list(GrantQuery query) {
		return Mono.error(() -> new ListingNotSupportedException(
				"The token store %s does not list its records: its author has to implement TokenStore.list"
					.formatted(getClass().getName())));
	}

	/**
	 * The place where a record is kept, for users to look at.
	 * @param key the grant
	 * @return for example a path, never a secret
	 */
	String location(GrantKey key);

}
