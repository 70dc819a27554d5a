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
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.internal.store.encrypted.Seal.SealedException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps secrets encrypted in any other store: access tokens, refresh tokens, client
 * secrets, metadata, the issuer binding, and the members of records that this library
 * does not know. AES-GCM with 256 bits. The associated data are the names of server,
 * principal and member, and the members that decide where the secret is sent.
 * <p>
 * A record that is not encrypted, or encrypted with an older key or in an older format,
 * is used and then written again in the background and under the lock, unless plain
 * records are refused. A record that no key opens is an {@link EncryptedRecordException}
 * and stays as it is.
 */
public final class EncryptedTokenStore extends DelegatingTokenStore {

	private static final Log logger = LogFactory.getLog(EncryptedTokenStore.class);

	private static final Duration REWRITE_WAIT = Duration.ofSeconds(30);

	private final TokenStore store;

	private final RecordSeal seal;

	private final Set<GrantKey> rewriting = ConcurrentHashMap.newKeySet();

	private final Set<GrantKey> warned = ConcurrentHashMap.newKeySet();

	/**
	 * Create a store.
	 * @param store the store that keeps the records
	 * @param keys the keys. Without a key nothing is encrypted, and an encrypted record
	 * is an error: its texts must not be sent as if they were secrets
	 * @param allowPlain whether records are read that are not encrypted, or encrypted in
	 * a format that does not protect the token endpoint
	 */
	public EncryptedTokenStore(TokenStore store, EncryptionKeys keys, boolean allowPlain) {
		super(store);
		this.store = store;
		this.seal = new RecordSeal(keys, allowPlain);
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return this.store.load(key).map((stored) -> {
			Grant sealed = stored.grant();
			GrantLessons lessons = this.seal.open(key, stored.lessons());
			if (sealed == null) {
				return new StoredGrant(null, stored.stamp(), lessons);
			}
			StoredGrant opened = new StoredGrant(open(key, sealed), stored.stamp(), lessons);
			if (!this.seal.isCurrent(sealed)) {
				rewrite(key);
			}
			return opened;
		});
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		Map<String, Object> document = (metadata != null) ? this.seal.sealMetadata(key, metadata) : null;
		return Mono
			.defer(() -> (replaces != null)
					? sealedAsStored(key, replaces)
						.flatMap((sealed) -> this.store.save(key, this.seal.seal(key, grant), sealed, document))
					: this.store.save(key, this.seal.seal(key, grant), null, document))
			.map((stored) -> new StoredGrant(grant, stored.stamp(), this.seal.open(key, stored.lessons())));
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return Mono.defer(() -> this.store.saveLessons(key, this.seal.seal(key, lessons)));
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return this.store.loadIssuer(key).map((sealed) -> opened(key, () -> this.seal.openIssuer(key, sealed)));
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		return Mono.defer(() -> this.store.bindIssuer(key, this.seal.sealIssuer(key, issuer)))
			.map((sealed) -> opened(key, () -> this.seal.openIssuer(key, sealed)));
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
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return this.store.loadMetadata(key).map((sealed) -> opened(key, () -> this.seal.openMetadata(key, sealed)));
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return Mono.defer(() -> sealedAsStored(key, grant))
			.flatMap((sealed) -> this.store.noteSpending(key, sealed, note, young));
	}

	@Override
	public @Nullable LoginRecords logins() {
		LoginRecords logins = this.store.logins();
		return (logins != null) ? new EncryptedLoginRecords(logins, this.seal) : null;
	}

	@Override
	public void forget(GrantKey key) {
		this.warned.remove(key);
		this.store.forget(key);
	}

	/**
	 * Find the stored grant as it is sealed. The other store compares tokens, and each
	 * sealing gives another text: the grant that the caller read is compared here.
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
		return opened(key, () -> this.seal.open(key, sealed));
	}

	private OAuthClient open(GrantKey key, OAuthClient sealed) {
		return opened(key, () -> this.seal.open(key, sealed));
	}

	private <T> T opened(GrantKey key, Opening<T> opening) {
		try {
			return opening.open();
		}
		catch (SealedException ex) {
			throw new EncryptedRecordException(key.server(), this.store.location(key), ex.reason());
		}
	}

	/**
	 * Write a record again in the background, after the present holder of the lock, which
	 * may be the caller.
	 */
	private void rewrite(GrantKey key) {
		if (!this.rewriting.add(key)) {
			return;
		}
		Mono<Void> work = rewriteGrant(key).then(rewriteClient(key));
		this.store.locked(key, REWRITE_WAIT, work)
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
					(ex instanceof TokenStoreException) ? ex.getMessage() : "the store failed unexpectedly"));
		}
	}

	/**
	 * Opens something that is sealed.
	 *
	 * @param <T> the type of result
	 */
	@FunctionalInterface
	private interface Opening<T> {

		T open() throws SealedException;

	}

}
