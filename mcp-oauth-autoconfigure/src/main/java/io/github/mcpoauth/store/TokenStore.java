// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.time.Duration;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Where grants are kept, and what makes several processes one owner of them. An
 * application that declares a bean of this type replaces every store of ours.
 * <p>
 * The contract, which every implementation keeps:
 * <ul>
 * <li>Nothing happens before subscription; no method but {@link #isCurrent} does work on
 * the calling thread, and no subscription blocks the subscribing thread. Every mono fails
 * with a {@link TokenStoreException} and nothing else, but for what
 * {@link #locked(GrantKey, Duration, Mono) locked work} itself fails with.</li>
 * <li>A write is complete and durable when its mono ends, or it has changed nothing: a
 * reader, another process or a crash at any instant sees the old record or the new one.
 * </li>
 * <li>Records of different keys do not share a fate: one that cannot be read does not
 * keep another from being read or written.</li>
 * <li>A removed record stays removed: see {@link #save}.</li>
 * <li>Nothing but {@link #delete} and {@link #purge} ever removes a grant.</li>
 * </ul>
 */
public interface TokenStore {

	/**
	 * Read a record.
	 * @param key the grant
	 * @return a mono with the record and its stamp, never empty: no record is a
	 * {@link StoredGrant} without grant. Fails with {@link CorruptRecordException} for a
	 * record that cannot be understood
	 */
	Mono<StoredGrant> load(GrantKey key);

	/**
	 * Whether a record is still what it was. Called before every request, on any thread:
	 * it must take microseconds, must not fail, and answers {@code false} when in doubt.
	 * @param key the grant
	 * @param stamp the stamp of the last load or save
	 * @return {@code true} if the record surely has not changed since
	 */
	boolean isCurrent(GrantKey key, RecordStamp stamp);

	/**
	 * Write a record, if nobody else did since it was read. The caller holds the lock.
	 * @param key the grant
	 * @param grant the new content; its generation must be above the replaced one's
	 * @param replaces what the writer had read, {@code null} if there was no record. What
	 * is stored now must have the same generation and the same tokens; a record that
	 * cannot be understood is nobody's and may be replaced
	 * @return a mono with the record as stored. Fails with {@link GrantConflictException}
	 * if the stored record is another one, or is gone
	 */
	Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces);

	/**
	 * Remove the grant and keep the client.
	 * @param key the grant
	 * @return an empty mono, also when there was none
	 */
	Mono<Void> delete(GrantKey key);

	/**
	 * Remove all there is for a key.
	 * @param key the grant
	 * @return an empty mono, also when there was nothing
	 */
	Mono<Void> purge(GrantKey key);

	/**
	 * Read the registered client.
	 * @param key the grant
	 * @return a mono with the client, empty if there is none or it cannot be understood
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
	 * Remove the registered client.
	 * @param key the grant
	 * @return an empty mono, also when there was none
	 */
	Mono<Void> deleteClient(GrantKey key);

	/**
	 * Read the cached authorization server metadata (RFC 8414).
	 * @param key the grant
	 * @return a mono with the members of the document, empty if there is none or it
	 * cannot be understood
	 */
	Mono<Map<String, Object>> loadMetadata(GrantKey key);

	/**
	 * Write the authorization server metadata.
	 * @param key the grant
	 * @param metadata the members of the document
	 * @return an empty mono
	 */
	Mono<Void> saveMetadata(GrantKey key, Map<String, Object> metadata);

	/**
	 * Do some work while holding the lock on a key against every other holder, in this
	 * process and in others. The lock is released when the work ends in whichever way,
	 * its subscription is cancelled, or this process dies. It is not reentrant.
	 * @param <T> the type of result
	 * @param key the grant
	 * @param wait how long to wait for the lock
	 * @param work the work, subscribed to once the lock is held
	 * @return a mono that ends as the work does. Fails with {@link LockTimeoutException}
	 * if the lock was not had in time, and the work is not subscribed to then
	 */
	<T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work);

	/**
	 * Note durably, before a refresh token is sent, that it is about to be spent. The
	 * caller holds the lock.
	 * @param key the grant
	 * @param fingerprint {@link io.github.mcpoauth.Secret#fingerprint() fingerprint} of
	 * the refresh token
	 * @return a mono with {@code true} if the same refresh token had been noted before
	 * and the note was not withdrawn: somebody sent it and nobody knows the outcome
	 */
	Mono<Boolean> noteSpending(GrantKey key, String fingerprint);

	/**
	 * Withdraw the note, because the outcome is known.
	 * @param key the grant
	 * @return an empty mono, also when there was no note
	 */
	Mono<Void> withdrawSpending(GrantKey key);

	/**
	 * This process has no more use for a record for now. What is remembered of it may go,
	 * as far as nothing is being done with it; what is stored stays.
	 * @param key the grant
	 */
	default void forget(GrantKey key) {
	}

	/**
	 * Where a record is kept, for a person to look at.
	 * @param key the grant
	 * @return for example a path, never a secret
	 */
	String location(GrantKey key);

}
