// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.event.McpOAuthWork.Kind;
import io.github.mcpoauth.event.McpOAuthWork.Trigger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * The slot for the refresh attempt of one grant. At most one attempt is under way. It
 * belongs to the provider, not to the caller that started it: it runs to its end on a
 * thread of the manager's own.
 */
final class AttemptSlot {

	private final GrantParts parts;

	private final GrantReader reader;

	private final GrantProvider provider;

	private final GrantProviderRegistry registry;

	private final Runnable freed;

	private final AtomicReference<@Nullable RefreshAttempt> attempt = new AtomicReference<>();

	/**
	 * Create an empty slot.
	 * @param parts the parts of the provider
	 * @param reader the reader, which looks again after an attempt
	 * @param provider the provider of the grant
	 * @param registry the providers that are waited for when the manager is closed
	 * @param freed called when the slot is free again
	 */
	AttemptSlot(GrantParts parts, GrantReader reader, GrantProvider provider, GrantProviderRegistry registry,
			Runnable freed) {
		this.parts = parts;
		this.reader = reader;
		this.provider = provider;
		this.registry = registry;
		this.freed = freed;
	}

	/**
	 * The attempt under way.
	 * @return the attempt, {@code null} if the slot is free
	 */
	@Nullable RefreshAttempt current() {
		return this.attempt.get();
	}

	boolean isTaken() {
		return this.attempt.get() != null;
	}

	/**
	 * The end of the attempt under way.
	 * @return a mono that ends with it, at once if no attempt is under way
	 */
	Mono<Void> ended() {
		return Mono.defer(() -> {
			RefreshAttempt current = this.attempt.get();
			return (current != null) ? current.result().then() : Mono.empty();
		});
	}

	/**
	 * Wait for the result of an attempt that replaces a token, as long as callers wait.
	 * @param replaces the token, {@code null} to get the first
	 * @param trigger the trigger of the attempt, if one is started
	 * @return a mono with the result, which does not fail
	 */
	Mono<RefreshResult> resultInTime(@Nullable AccessToken replaces, Trigger trigger) {
		Duration timeout = this.parts.settings().recoveryTimeout();
		return this.parts.context()
			.threads()
			.within(result(replaces, trigger), timeout)
			.onErrorResume(TimeoutException.class, (ex) -> Mono.just(underWay(timeout)));
	}

	/**
	 * The answer to a caller whose time is over while an attempt is under way. A process
	 * that was killed during its exchange is waited for longer than callers wait, so they
	 * are told when the next try makes sense.
	 */
	private RefreshResult underWay(Duration timeout) {
		RefreshAttempt current = this.attempt.get();
		Duration wait = (current != null) ? current.remainingWaitForOther() : null;
		return (wait != null)
				? new RefreshResult.Transient("another process began to renew its token, and has stored no result",
						wait)
				: new RefreshResult.Transient(
						"its token is still being renewed after %d ms".formatted(timeout.toMillis()), null);
	}

	/**
	 * The result of an attempt that replaces a token.
	 * @param replaces the token, {@code null} to get the first
	 * @param trigger the trigger of the attempt, if one is started
	 * @return a mono with the result, which does not fail
	 */
	Mono<RefreshResult> result(@Nullable AccessToken replaces, Trigger trigger) {
		return Mono.deferContextual((caller) -> {
			RefreshAttempt joined = join(replaces, trigger, caller);
			// The result of an attempt that replaces another token says nothing about
			// this one: after its end, this caller asks for its own
			return joined.replaces(replaces) ? joined.result() : joined.result().then(result(replaces, trigger));
		});
	}

	/**
	 * Take part in the attempt under way, or start one.
	 * @param replaces the token, {@code null} to get the first
	 * @param trigger the trigger of the attempt, if one is started
	 * @param caller the Reactor context of the caller
	 * @return the attempt, which may replace another token
	 */
	RefreshAttempt join(@Nullable AccessToken replaces, Trigger trigger, ContextView caller) {
		while (true) {
			RefreshAttempt current = this.attempt.get();
			if (current != null) {
				return current;
			}
			RefreshAttempt next = new RefreshAttempt(this.parts, replaces, trigger, this::free);
			// Of two callers that find the slot free, one starts its attempt and the
			// other joins it: a refresh token must be sent once
			if (this.attempt.compareAndSet(null, next)) {
				start(next, replaces, caller);
				return next;
			}
		}
	}

	private void start(RefreshAttempt next, @Nullable AccessToken replaces, ContextView caller) {
		boolean open = this.registry.begin(this.provider);
		RefreshResult refusal = open ? tooEarly(next.trigger())
				: new RefreshResult.Transient("this application is shutting down", null);
		if (refusal != null) {
			next.start(() -> Mono.just(refusal));
			return;
		}
		GrantProvider kept = this.registry.keep(this.provider);
		if (!this.provider.equals(kept)) {
			// This provider was forgotten meanwhile: the attempt must be made by the one
			// that the next caller finds
			next.start(() -> kept.attempts().result(replaces, next.trigger()).contextWrite(caller));
			return;
		}
		McpOAuthWork work = new McpOAuthWork(Kind.REFRESH, this.parts.server().name(), next.trigger());
		Runnable start = () -> next.start(() -> this.parts.context()
			.listener()
			.observe(work, caller, inContext(next.work(), caller), RefreshResult::outcome));
		try {
			this.parts.context().threads().blocking().schedule(start);
		}
		catch (RejectedExecutionException ex) {
			next.start(() -> Mono.error(ex));
		}
	}

	/**
	 * Free the slot for the next attempt.
	 */
	private void free(RefreshAttempt ended) {
		// The result is in memory, but a record written by another process meanwhile is
		// not
		this.reader.lookAgain();
		// Only the ended attempt: a later one in the slot must not be lost to its callers
		this.attempt.compareAndSet(ended, null);
		this.freed.run();
	}

	/**
	 * An attempt may use the Reactor context of the caller that started it only if the
	 * grant belongs to the principal of that caller. A caller may name the grant of
	 * another principal, and the application's own grant belongs to no caller.
	 */
	private Mono<RefreshResult> inContext(Mono<RefreshResult> run, ContextView caller) {
		if (this.parts.key().principal() == null) {
			return run;
		}
		return Mono.defer(() -> this.parts.context().principals().resolve(this.parts.server(), caller))
			.contextWrite(caller)
			.timeout(this.parts.settings().recoveryTimeout(), this.parts.context().threads().timer())
			.map(this.parts.key()::equals)
			.onErrorReturn(false)
			.defaultIfEmpty(false)
			.publishOn(this.parts.context().threads().blocking())
			.flatMap((theirs) -> theirs ? run.contextWrite(caller) : run);
	}

	/**
	 * Another attempt may have failed between a caller's look at the backoff and the
	 * start of its own.
	 */
	private @Nullable RefreshResult tooEarly(Trigger trigger) {
		RetryBackoff backoff = this.parts.state().memory().backoff();
		long nanos = this.parts.nanos();
		return (trigger != Trigger.DEMAND && backoff != null && backoff.isWaiting(nanos))
				? new RefreshResult.Transient(backoff.reason(), backoff.remaining(nanos)) : null;
	}

}
