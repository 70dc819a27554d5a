// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.TokenStoreException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * Work that is subscribed to while a lock is held. The lock is released once, when the
 * work has ended or was cancelled, and before the subscriber hears of it.
 *
 * @param <T> the type of result
 */
final class LockedWork<T> implements LockFile.Waiter, CoreSubscriber<T> {

	private final AtomicReference<WorkState> state = new AtomicReference<>(WorkState.WAITING);

	private final Mono<T> work;

	private final MonoSink<T> sink;

	private final Function<Throwable, TokenStoreException> failure;

	private final Runnable quiesce;

	// Written by the thread that gets the lock, read by the one that ends or cancels the
	// work
	private volatile @Nullable Runnable release;

	private volatile @Nullable Subscription subscription;

	private volatile @Nullable T value;

	/**
	 * Create work that waits.
	 * @param work the work
	 * @param sink where its result goes
	 * @param failure makes the error of a lock that cannot be taken
	 * @param quiesce waits until nothing is being written any more on behalf of the work,
	 * which may be so after it was cancelled
	 */
	LockedWork(Mono<T> work, MonoSink<T> sink, Function<Throwable, TokenStoreException> failure, Runnable quiesce) {
		this.work = work;
		this.sink = sink;
		this.failure = failure;
		this.quiesce = quiesce;
	}

	@Override
	public boolean isWaiting() {
		return this.state.get() == WorkState.WAITING;
	}

	@Override
	public boolean grant(Runnable release) {
		this.release = release;
		// A caller that timed out meanwhile must not get the lock, because it would never
		// release it
		if (!this.state.compareAndSet(WorkState.WAITING, WorkState.SUBSCRIBING)) {
			return false;
		}
		this.work.subscribe(this);
		// A cancellation while the work was subscribed to left the lock to this thread:
		// it would stay locked
		if (!this.state.compareAndSet(WorkState.SUBSCRIBING, WorkState.RUNNING)
				&& this.state.compareAndSet(WorkState.CANCELLED, WorkState.ENDED)) {
			release(() -> {
			});
		}
		return true;
	}

	@Override
	public void fail(Throwable reason) {
		// The timeout may come at the same time: the caller hears of one of them
		if (this.state.compareAndSet(WorkState.WAITING, WorkState.ENDED)) {
			this.sink.error(this.failure.apply(reason));
		}
	}

	/**
	 * Give up if the lock has not been had by now.
	 * @param reason the reason
	 */
	void timeout(Supplier<? extends Throwable> reason) {
		// The lock may be granted at the same time: work that runs must not be failed
		if (this.state.compareAndSet(WorkState.WAITING, WorkState.ENDED)) {
			this.sink.error(reason.get());
		}
	}

	/**
	 * Give up, in any state. While the work is being subscribed to, that is left to the
	 * thread that does so: the lock must not be released before it is done.
	 */
	void cancel() {
		// Each state by a compare-and-set: the lock may be granted, or the work end,
		// between a read of the state and the act on it
		if (this.state.compareAndSet(WorkState.WAITING, WorkState.ENDED)) {
			return;
		}
		if (this.state.compareAndSet(WorkState.SUBSCRIBING, WorkState.CANCELLED)) {
			cancelWork();
		}
		else if (this.state.compareAndSet(WorkState.RUNNING, WorkState.ENDED)) {
			cancelWork();
			release(() -> {
			});
		}
	}

	@Override
	public Context currentContext() {
		return Context.of(this.sink.contextView());
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		this.subscription = subscription;
		if (this.state.get() == WorkState.CANCELLED) {
			subscription.cancel();
		}
		else {
			subscription.request(Long.MAX_VALUE);
		}
	}

	@Override
	public void onNext(T value) {
		this.value = value;
	}

	@Override
	public void onError(Throwable error) {
		end(() -> this.sink.error(error));
	}

	@Override
	public void onComplete() {
		end(() -> this.sink.success(this.value));
	}

	private void end(Runnable signal) {
		// The work may end while it is cancelled: the lock is released once
		WorkState before = this.state.getAndSet(WorkState.ENDED);
		if (before == WorkState.SUBSCRIBING || before == WorkState.RUNNING) {
			release(signal);
		}
		else if (before == WorkState.CANCELLED) {
			release(() -> {
			});
		}
	}

	private void cancelWork() {
		Subscription subscription = this.subscription;
		if (subscription != null) {
			subscription.cancel();
		}
	}

	private void release(Runnable signal) {
		Runnable release = this.release;
		if (release != null) {
			LockFile.EXECUTOR.execute(() -> {
				this.quiesce.run();
				release.run();
				signal.run();
			});
		}
	}

	private enum WorkState {

		WAITING, SUBSCRIBING, RUNNING, CANCELLED, ENDED

	}

}
