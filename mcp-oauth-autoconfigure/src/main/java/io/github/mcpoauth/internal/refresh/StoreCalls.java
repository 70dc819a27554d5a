// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.IssuerBinding;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import io.github.mcpoauth.internal.store.ClientRecords;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Calls the store for one grant. A call ends in bounded time, with an answer or with
 * {@link TokenStoreException}, also where the store is an application's own and throws,
 * answers nothing, or never answers: a grant that was just issued must not be lost with
 * it. A call that took too long may take effect later all the same.
 *
 * @param key the grant
 * @param context shared by all providers
 */
record StoreCalls(GrantKey key, RefreshContext context) {

	Mono<StoredGrant> load() {
		return required(() -> store().load(this.key), "reading");
	}

	/**
	 * Save a grant.
	 * @param next the grant
	 * @param replaced the stored grant that it replaces
	 * @return a mono with the record as stored
	 */
	Mono<StoredGrant> save(Grant next, @Nullable Grant replaced) {
		return required(() -> store().save(this.key, next, replaced), "writing");
	}

	/**
	 * Withdraw the note of this process. A note that stays costs a question to the
	 * authorization server, so a failure is not reported.
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> withdrawSpending() {
		return bounded(() -> store().withdrawSpending(this.key, this.context.owner()), "writing").onErrorComplete();
	}

	/**
	 * Tell other processes. A failure is not reported: they learn it by themselves then.
	 * @param lessons the lessons
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> saveLessons(GrantLessons lessons) {
		return bounded(() -> store().saveLessons(this.key, lessons), "writing").onErrorComplete();
	}

	boolean canLoseLock() {
		return store().canLoseLock();
	}

	/**
	 * Note that the refresh token of a grant is about to be spent.
	 * @param grant the grant, as it was read
	 * @param young how old a note of another process must be to be replaced
	 * @return a mono with the result
	 */
	Mono<SpendingResult> noteSpending(Grant grant, Duration young) {
		SpendingNote note = new SpendingNote(Objects.requireNonNull(grant.refreshToken()).fingerprint(),
				this.context.owner());
		return required(() -> store().noteSpending(this.key, grant, note, young), "writing");
	}

	/**
	 * Find the registered client that a grant was issued to.
	 * @param fits whether a client can be it
	 * @return a mono with the client, empty if no client fits
	 */
	Mono<OAuthClient> findClient(Predicate<OAuthClient> fits) {
		return bounded(() -> new ClientRecords(store()).find(this.key, fits), "reading");
	}

	/**
	 * Remove a registered client that is of no more use.
	 * @param client the client
	 * @return an empty mono
	 */
	Mono<Void> deleteClient(OAuthClient client) {
		return bounded(() -> new ClientRecords(store()).delete(this.key, client), "writing");
	}

	/**
	 * Require that credentials may be sent to an issuer, by the issuer that the store
	 * keeps for them.
	 * @param binding the binding
	 * @param server the MCP server
	 * @param issuer the issuer
	 * @return an empty mono; fails with an {@link ExchangeException} if the credentials
	 * are bound to another issuer
	 */
	Mono<Void> requireBinding(IssuerBinding binding, McpServer server, String issuer) {
		return bounded(() -> binding.require(server, this.key, issuer), "reading");
	}

	/**
	 * Bind credentials to the issuer that accepted them. A failure is not reported: the
	 * grant names the issuer, too.
	 * @param binding the binding
	 * @param server the MCP server
	 * @param issuer the issuer
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> bind(IssuerBinding binding, McpServer server, String issuer) {
		return bounded(() -> binding.bind(server, this.key, issuer), "writing").onErrorComplete();
	}

	private TokenStore store() {
		return this.context.store();
	}

	private <T> Mono<T> required(Supplier<Mono<T>> call, String action) {
		return bounded(call, action).switchIfEmpty(Mono.error(() -> failed("gave no answer", action, null)));
	}

	private <T> Mono<T> bounded(Supplier<Mono<T>> call, String action) {
		Duration timeout = this.context.settings().storeTimeout();
		return this.context.threads()
			.within(WorkThreads.signalled(call), timeout)
			.onErrorMap(TimeoutException.class,
					(ex) -> failed("did not end within %d ms".formatted(timeout.toMillis()), action, ex))
			.onErrorMap((ex) -> translated(ex, action));
	}

	private RuntimeException translated(Throwable failure, String action) {
		if (failure instanceof TokenStoreException ours) {
			return ours;
		}
		// The store has answered, and the answer forbids the exchange
		return (failure instanceof ExchangeException forbidden) ? forbidden
				: failed("failed unexpectedly", action, failure);
	}

	private TokenStoreException failed(String problem, String action, @Nullable Throwable cause) {
		return new TokenStoreException(this.key.server(),
				"The token store %s when %s the record of '%s'".formatted(problem, action, this.key), cause);
	}

}
