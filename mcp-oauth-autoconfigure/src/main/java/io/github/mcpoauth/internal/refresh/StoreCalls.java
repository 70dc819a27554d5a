// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Calls the store for one grant. A call ends in bounded time, with an answer or with
 * {@link TokenStoreException}, also where the store is an application's own and throws,
 * answers nothing, or never answers: a grant that was just issued must not be lost with
 * it. A call that took too long may take effect later all the same.
 *
 * @param grant the grant
 */
record StoreCalls(RenewableGrant grant) {

	Mono<StoredGrant> load() {
		return required(() -> this.grant.store().load(this.grant.key()), "reading");
	}

	/**
	 * Save a grant.
	 * @param next the grant
	 * @param replaced the stored grant that it replaces
	 * @return a mono with the record as stored
	 */
	Mono<StoredGrant> save(Grant next, @Nullable Grant replaced) {
		return required(() -> this.grant.store().save(this.grant.key(), next, replaced), "writing");
	}

	/**
	 * Withdraw the note of this process. A note that stays costs a question to the
	 * authorization server, so a failure is not reported.
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> withdrawSpending() {
		return bounded(() -> this.grant.store().withdrawSpending(this.grant.key(), this.grant.context().owner()),
				"writing")
			.onErrorComplete();
	}

	/**
	 * Tell other processes. A failure is not reported: they learn it by themselves then.
	 * @param lessons the lessons
	 * @return an empty mono, which does not fail
	 */
	Mono<Void> saveLessons(GrantLessons lessons) {
		return bounded(() -> this.grant.store().saveLessons(this.grant.key(), lessons), "writing").onErrorComplete();
	}

	private <T> Mono<T> required(Supplier<Mono<T>> call, String action) {
		return bounded(call, action).switchIfEmpty(Mono.error(() -> failed("gave no answer", action, null)));
	}

	private <T> Mono<T> bounded(Supplier<Mono<T>> call, String action) {
		Duration timeout = this.grant.settings().storeTimeout();
		Mono<T> guarded = Mono.defer(() -> {
			try {
				return call.get();
			}
			catch (Throwable ex) {
				// Reactor does not signal an Error, and the lock would never be released
				return Mono.error(translated(ex, action));
			}
		});
		return this.grant.context()
			.threads()
			.within(guarded, timeout)
			.onErrorMap(TimeoutException.class,
					(ex) -> failed("did not end within %d ms".formatted(timeout.toMillis()), action, ex))
			.onErrorMap((ex) -> translated(ex, action));
	}

	private TokenStoreException translated(Throwable failure, String action) {
		return (failure instanceof TokenStoreException ours) ? ours : failed("failed unexpectedly", action, failure);
	}

	private TokenStoreException failed(String problem, String action, @Nullable Throwable cause) {
		return new TokenStoreException(this.grant.key().server(),
				"The token store %s when %s the record of '%s'".formatted(problem, action, this.grant.key()), cause);
	}

}
