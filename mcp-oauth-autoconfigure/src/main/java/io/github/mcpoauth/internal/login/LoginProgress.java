// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.log.LogMessage;

/**
 * The way of one login from the moment a person was asked. It ends once: with a stored
 * grant, or with nothing changed.
 */
final class LoginProgress {

	private static final Log logger = LogFactory.getLog(LoginProgress.class);

	private final String id;

	private final McpServer server;

	private final Consumer<@Nullable McpOAuthException> farewell;

	private final AtomicReference<Step> step = new AtomicReference<>(Step.WAITING);

	private final CompletableFuture<Void> end = new CompletableFuture<>();

	private final CompletableFuture<Void> ended = new CompletableFuture<>();

	private final Disposable.Swap work = Disposables.swap();

	/**
	 * Create the progress of a login that waits for a person.
	 * @param id the id of the login
	 * @param server the server
	 * @param farewell told how the login ended, on a thread that may block, before
	 * anybody who waits is
	 */
	LoginProgress(String id, McpServer server, Consumer<@Nullable McpOAuthException> farewell) {
		this.id = id;
		this.server = server;
		this.farewell = farewell;
	}

	/**
	 * Go a step on.
	 * @param from where it must be
	 * @param to where it is then
	 * @return {@code false} if it is elsewhere, where it stays
	 */
	boolean advance(Step from, Step to) {
		return this.step.compareAndSet(from, to);
	}

	/**
	 * Note what goes on behind it, instead of what went on before: both end with the
	 * login.
	 * @param work what goes on
	 */
	void replaceWork(Disposable work) {
		this.work.update(work);
	}

	/**
	 * Let the login end as its last piece of work does.
	 * @param grant the stored grant, empty if the login was cancelled before
	 */
	void endWith(Mono<Grant> grant) {
		replaceWork(grant.subscribe((stored) -> end(null), (ex) -> end(LoginFailures.of(this.server, ex)),
				this::endCancelled));
	}

	private void endCancelled() {
		end(cancelled());
	}

	private void end(@Nullable McpOAuthException failure) {
		if (this.step.getAndSet(Step.ENDED) != Step.ENDED) {
			tell(failure);
		}
	}

	/**
	 * End a login that nobody has answered.
	 * @param failure what to say of it
	 */
	void expire(McpOAuthException failure) {
		if (advance(Step.WAITING, Step.ENDED)) {
			tell(failure);
		}
	}

	/**
	 * End the login. What is being stored is not taken back.
	 */
	void cancel() {
		if (advance(Step.WAITING, Step.ENDED) || advance(Step.EXCHANGING, Step.ENDED)) {
			this.work.dispose();
			tell(cancelled());
		}
	}

	private McpOAuthException cancelled() {
		return LoginFailures.failure(this.server, Reason.CANCELLED, "it was cancelled");
	}

	/**
	 * The browser hears of it before the process may go away, and a new login may begin
	 * before anybody asks for one. Whoever waits may block.
	 */
	private void tell(@Nullable McpOAuthException failure) {
		Schedulers.boundedElastic().schedule(() -> {
			try {
				this.farewell.accept(failure);
			}
			finally {
				this.ended.complete(null);
				if (failure != null) {
					logger.info(LogMessage.format("[%s] %s", this.id, failure.getMessage()));
					this.end.completeExceptionally(failure);
				}
				else {
					this.end.complete(null);
				}
			}
		});
	}

	boolean isOver() {
		return this.step.get() == Step.ENDED;
	}

	/**
	 * The end, for those who want to know how it was.
	 * @return a mono that fails with what the login failed with
	 */
	Mono<Void> end() {
		return Mono.fromFuture(this.end, true);
	}

	/**
	 * The end, however it was.
	 * @return a mono that does not fail
	 */
	Mono<Void> ended() {
		return Mono.fromFuture(this.ended, true);
	}

	/**
	 * How far a login is.
	 */
	enum Step {

		/**
		 * For the person.
		 */
		WAITING,

		/**
		 * The code is being exchanged.
		 */
		EXCHANGING,

		/**
		 * The grant is being stored.
		 */
		STORING,

		/**
		 * One way or the other.
		 */
		ENDED

	}

}
