// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.IssuerBinding;
import io.github.mcpoauth.internal.store.Generations;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Reads and writes the records that logins need.
 */
final class StoredLogins {

	private static final int ATTEMPTS = 3;

	private static final Duration GLIMPSE = Duration.ofMillis(500);

	private final TokenStore store;

	private final LoginSettings settings;

	private final Clock clock;

	StoredLogins(TokenStore store, LoginSettings settings, Clock clock) {
		this.store = store;
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * The stored grant.
	 * @param key the grant
	 * @return a mono with the grant, empty if no grant is stored or the record cannot be
	 * understood, and so can be replaced
	 */
	Mono<Grant> grant(GrantKey key) {
		return Mono.defer(() -> this.store.load(key))
			.onErrorResume(CorruptRecordException.class, (ex) -> Mono.empty())
			.mapNotNull(StoredGrant::grant);
	}

	/**
	 * The lessons about a grant, of all processes.
	 * @param key the grant
	 * @return a mono with the lessons, empty ones if they cannot be read
	 */
	Mono<GrantLessons> lessons(GrantKey key) {
		return Mono.defer(() -> this.store.load(key))
			.map(StoredGrant::lessons)
			.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(GrantLessons.NONE));
	}

	/**
	 * The scopes that a login must ask for because the MCP server demanded them of the
	 * stored grant, in whichever process.
	 * @param key the grant
	 * @return a mono with the demanded scopes and those that the stored grant was asked
	 * for with; no scopes if the server made no demand
	 */
	Mono<Set<String>> demandedScopes(GrantKey key) {
		return Mono.defer(() -> this.store.load(key)).map((stored) -> {
			GrantLessons.LearnedChallenge challenge = stored.lessons().challenge();
			Set<String> scopes = new LinkedHashSet<>();
			if (challenge != null && !challenge.scope().isEmpty()) {
				Grant grant = stored.grant();
				scopes.addAll((grant != null) ? grant.requestedScope() : Set.of());
				scopes.addAll(challenge.scope());
			}
			return scopes;
		}).onErrorResume(TokenStoreException.class, (ex) -> Mono.just(Set.of()));
	}

	/**
	 * Check that a grant could be stored, before the user is asked. Another holder of the
	 * lock shows that the lock works.
	 * @param key the grant
	 * @return an empty mono. Fails with {@link TokenStoreException}
	 */
	Mono<Void> requireLock(GrantKey key) {
		return this.store.locked(key, GLIMPSE, Mono.<Void>empty())
			.onErrorResume(LockTimeoutException.class, (ex) -> Mono.empty());
	}

	/**
	 * Whether the stored client is needed to renew the stored grant.
	 * @param key the grant
	 * @return a mono with the answer
	 */
	Mono<Boolean> isClientNeeded(GrantKey key) {
		return grant(key).zipWith(this.store.loadClient(key))
			.map((both) -> both.getT1().clientId() == null || both.getT1().clientId().equals(both.getT2().clientId()))
			.defaultIfEmpty(false);
	}

	/**
	 * Replace the stored grant, client and metadata with those of a login. A failure
	 * leaves the old ones.
	 * @param key the grant
	 * @param issued the new grant
	 * @param begin called once the lock is held; {@code false} ends the work
	 * @return a mono with the grant as stored, empty if {@code begin} returned
	 * {@code false}. Fails with {@link TokenStoreException}
	 */
	Mono<Grant> replace(GrantKey key, IssuedGrant issued, BooleanSupplier begin) {
		Mono<Grant> work = Mono.defer(() -> begin.getAsBoolean()
				? replaceClient(key, issued.client(), replaceGrant(key, issued)) : Mono.empty());
		return this.store.locked(key, this.settings.lockTimeout(), work);
	}

	private Mono<Grant> replaceClient(GrantKey key, OAuthClient client, Mono<Grant> replaceGrant) {
		if (client.origin() != OAuthClient.Origin.REGISTERED) {
			return replaceGrant;
		}
		return this.store.loadClient(key).singleOptional().flatMap((known) -> {
			if (known.isPresent() && known.get().equals(client)) {
				return replaceGrant;
			}
			return this.store.saveClient(key, client)
				.then(replaceGrant)
				.onErrorResume((ex) -> restoreClient(key, known.orElse(null)).then(Mono.error(ex)));
		});
	}

	private Mono<Void> restoreClient(GrantKey key, @Nullable OAuthClient client) {
		Mono<Void> restore = (client != null) ? this.store.saveClient(key, client) : this.store.deleteClient(key);
		return restore.onErrorComplete();
	}

	/**
	 * A job that does not know the lock may write between the load and the save.
	 */
	private Mono<Grant> replaceGrant(GrantKey key, IssuedGrant issued) {
		return grant(key).singleOptional().flatMap((replaced) -> {
			Grant before = replaced.orElse(null);
			return this.store.save(key, Generations.next(issued.grant(), before, this.clock), before,
					issued.metadata().members());
		})
			.flatMap((stored) -> forgetLessons(key, stored))
			.mapNotNull(StoredGrant::grant)
			.delayUntil((grant) -> new IssuerBinding(this.store).bind(key, issued.client(), grant.issuer()))
			.retryWhen(Retry.max(ATTEMPTS - 1L)
				.filter(GrantConflictException.class::isInstance)
				.onRetryExhaustedThrow((spec, signal) -> signal.failure()));
	}

	/**
	 * The lessons were about the replaced grant. They do no harm if they stay.
	 */
	private Mono<StoredGrant> forgetLessons(GrantKey key, StoredGrant stored) {
		return stored.lessons().isEmpty() ? Mono.just(stored)
				: this.store.saveLessons(key, GrantLessons.NONE).onErrorComplete().thenReturn(stored);
	}

}
