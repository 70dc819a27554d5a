// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Keeps all threads of Reactor's shared schedulers busy, as blocking calls of an
 * application do.
 */
public final class BusySchedulers implements AutoCloseable {

	private final CountDownLatch end = new CountDownLatch(1);

	private final List<Disposable> workers = new ArrayList<>();

	private BusySchedulers() {
	}

	/**
	 * Fill the schedulers.
	 * @return to be closed, so that their threads are free again
	 */
	public static BusySchedulers fill() {
		BusySchedulers busy = new BusySchedulers();
		busy.fill(Schedulers.boundedElastic(), Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE);
		busy.fill(Schedulers.parallel(), Schedulers.DEFAULT_POOL_SIZE);
		return busy;
	}

	private void fill(Scheduler scheduler, int threads) {
		CountDownLatch started = new CountDownLatch(threads);
		for (int i = 0; i < threads; i++) {
			Scheduler.Worker worker = scheduler.createWorker();
			this.workers.add(worker);
			worker.schedule(() -> {
				started.countDown();
				await(this.end);
			});
		}
		await(started);
	}

	private static void await(CountDownLatch latch) {
		try {
			if (!latch.await(60, TimeUnit.SECONDS)) {
				throw new IllegalStateException("The threads of a shared scheduler were not free");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void close() {
		this.end.countDown();
		this.workers.forEach(Disposable::dispose);
	}

}
