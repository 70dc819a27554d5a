// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.encrypted.Seal.SealedException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps secrets encrypted in any other store: access tokens, refresh tokens, client
 * secrets, and the members of records that we do not know. AES-GCM with 256 bits, the
 * names of the server, of the principal and of the member as associated data.
 * <p>
 * What is found unencrypted, or encrypted with an older key, is used and then written
 * again with the current key, behind the caller's back and under the lock. What none of
 * the keys opens is an {@link EncryptedRecordException}, and stays as it is.
 */
public final class EncryptedTokenStore implements TokenStore {

	private static final Log logger = LogFactory.getLog(EncryptedTokenStore.class);

	private static final Duration REWRITE_WAIT = Duration.ofSeconds(30);

	private final TokenStore store;

	private final RecordSeal seal;

	private final Set<GrantKey> rewriting = ConcurrentHashMap.newKeySet();

	private final Set<GrantKey> warned = ConcurrentHashMap.newKeySet();

	/**
	 * Create a store.
	 * @param store where records are kept
	 * @param keys the keys
	 */
	public EncryptedTokenStore(TokenStore store, EncryptionKeys keys) {
		this.store = store;
		this.seal = new RecordSeal(keys);
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return this.store.load(key).map((stored) -> {
			Grant sealed = stored.grant();
			if (sealed == null) {
				return stored;
			}
			StoredGrant opened = new StoredGrant(open(key, sealed), stored.stamp(), stored.lessons());
			if (!this.seal.isCurrent(sealed)) {
				rewrite(key);
			}
			return opened;
		});
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		return this.store.isCurrent(key, stamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return Mono
			.defer(() -> (replaces != null)
					? sealedAsStored(key, replaces)
						.flatMap((sealed) -> this.store.save(key, this.seal.seal(key, grant), sealed, metadata))
					: this.store.save(key, this.seal.seal(key, grant), null, metadata))
			.map((stored) -> new StoredGrant(grant, stored.stamp(), stored.lessons()));
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return this.store.saveLessons(key, lessons);
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return this.store.loadIssuer(key);
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return this.store.bindIssuer(key, issuer);
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return this.store.delete(key);
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return this.store.purge(key);
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return this.store.loadClient(key).map((sealed) -> {
			OAuthClient client = open(key, sealed);
			if (!this.seal.isCurrent(sealed)) {
				rewrite(key);
			}
			return client;
		});
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return Mono.defer(() -> this.store.saveClient(key, this.seal.seal(key, client)));
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return this.store.deleteClient(key);
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return this.store.loadMetadata(key);
	}

	@Override
	public Mono<Void> saveMetadata(GrantKey key, Map<String, Object> metadata) {
		return this.store.saveMetadata(key, metadata);
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return this.store.locked(key, wait, work);
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return Mono.defer(() -> sealedAsStored(key, grant))
			.flatMap((sealed) -> this.store.noteSpending(key, sealed, note, young));
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return this.store.withdrawSpending(key, owner);
	}

	@Override
	public void forget(GrantKey key) {
		this.warned.remove(key);
		this.store.forget(key);
	}

	@Override
	public String location(GrantKey key) {
		return this.store.location(key);
	}

	/**
	 * The store compares tokens, and each sealing makes other ones: what the caller had
	 * read is compared here, and what is stored is handed on as it is.
	 */
	private Mono<Grant> sealedAsStored(GrantKey key, Grant replaces) {
		return this.store.load(key).map((stored) -> {
			Grant sealed = stored.grant();
			if (sealed == null || sealed.generation() != replaces.generation()
					|| !open(key, sealed).hasTokensOf(replaces)) {
				throw new GrantConflictException(key.server());
			}
			return sealed;
		});
	}

	private Grant open(GrantKey key, Grant sealed) {
		try {
			return this.seal.open(key, sealed);
		}
		catch (SealedException ex) {
			throw new EncryptedRecordException(key.server(), this.store.location(key), ex.reason());
		}
	}

	private OAuthClient open(GrantKey key, OAuthClient sealed) {
		try {
			return this.seal.open(key, sealed);
		}
		catch (SealedException ex) {
			throw new EncryptedRecordException(key.server(), this.store.location(key), ex.reason());
		}
	}

	/**
	 * Nobody waits for this, and who holds the lock now, maybe the caller, goes first.
	 */
	private void rewrite(GrantKey key) {
		if (!this.rewriting.add(key)) {
			return;
		}
		Mono<Void> work = rewriteGrant(key).then(rewriteClient(key));
		this.store.locked(key, REWRITE_WAIT, work)
			.subscribeOn(Schedulers.boundedElastic())
			.doFinally((signal) -> this.rewriting.remove(key))
			.subscribe(null, (ex) -> rewriteFailed(key, ex));
	}

	private Mono<Void> rewriteGrant(GrantKey key) {
		return this.store.load(key).flatMap((stored) -> {
			Grant sealed = stored.grant();
			if (sealed == null || this.seal.isCurrent(sealed)) {
				return Mono.<StoredGrant>empty();
			}
			Grant again = open(key, sealed).mutate().generation(sealed.generation() + 1).build();
			return this.store.save(key, this.seal.seal(key, again), sealed);
		}).then();
	}

	private Mono<Void> rewriteClient(GrantKey key) {
		return this.store.loadClient(key)
			.filter((sealed) -> !this.seal.isCurrent(sealed))
			.flatMap((sealed) -> this.store.saveClient(key, this.seal.seal(key, open(key, sealed))));
	}

	private void rewriteFailed(GrantKey key, Throwable ex) {
		if (ex instanceof LockTimeoutException || ex instanceof GrantConflictException) {
			logger.debug("The record of MCP server '%s' is encrypted another time".formatted(key.server()), ex);
		}
		else if (this.warned.add(key)) {
			logger.warn("Secrets of MCP server '%s' stay in %s as they were and could not be encrypted: %s".formatted(
					key.server(), this.store.location(key),
					(ex instanceof TokenStoreException) ? ex.getMessage() : ex.getClass().getSimpleName()));
		}
	}

}
