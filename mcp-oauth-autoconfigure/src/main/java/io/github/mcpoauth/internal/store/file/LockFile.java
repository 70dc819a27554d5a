// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The queue before a {@link ProcessLock} in this JVM: one per file, however many stores
 * use it. A waiter costs no thread. One thread waits for the lock of the process on
 * behalf of all waiters of the file, and the first one in the queue gets it. Nothing
 * interrupts that thread: if no waiter is left by then, the lock is released at once.
 */
final class LockFile {

	/**
	 * Threads for these locks alone: they may block for as long as another process holds
	 * a lock, so they must not be threads that other work waits for. An interrupt would
	 * close the channel and release the lock.
	 */
	static final Executor EXECUTOR = executor();

	private static final Log logger = LogFactory.getLog(LockFile.class);

	private static final Map<Path, LockFile> FILES = new ConcurrentHashMap<>();

	private final Path path;

	private final Deque<Waiter> waiters = new ArrayDeque<>();

	private LockFile(Path path) {
		this.path = path;
	}

	/**
	 * Enter the queue, and create the directory if it is missing. May block, so this is
	 * called on the {@link #EXECUTOR} only. The waiter is told of failures.
	 * @param directory the directory of the lock file
	 * @param name name of the lock file
	 * @param waiter the waiter
	 */
	static void enter(RecordDirectory directory, String name, Waiter waiter) {
		// Nothing is created for a caller that has given up
		if (!waiter.isWaiting()) {
			return;
		}
		try {
			directory.create();
			// The same path for all waiters of the same file
			enter(directory.path().toRealPath().resolve(name), waiter);
		}
		catch (IOException | RuntimeException ex) {
			waiter.fail(ex);
		}
	}

	private static void enter(Path path, Waiter waiter) {
		LockFile created = new LockFile(path);
		LockFile file = FILES.compute(path, (key, known) -> ((known != null) ? known : created).add(waiter));
		if (file == created) {
			created.acquire();
		}
	}

	private synchronized LockFile add(Waiter waiter) {
		this.waiters.add(waiter);
		return this;
	}

	private void acquire() {
		while (!retire()) {
			try {
				createDirectory();
				if (grant(ProcessLock.acquire(this.path))) {
					return;
				}
			}
			catch (Throwable ex) {
				for (Waiter waiter = next(); waiter != null; waiter = next()) {
					waiter.fail(ex);
				}
			}
		}
	}

	/**
	 * The holder before may have removed the directory of a principal.
	 */
	private void createDirectory() throws IOException {
		Path directory = this.path.getParent();
		if (directory != null) {
			new RecordDirectory(directory).create();
		}
	}

	/**
	 * Forget this queue if it is empty. No channel is open then, so that the next waiter
	 * can start anew.
	 */
	private boolean retire() {
		return FILES.computeIfPresent(this.path, (key, file) -> isIdle() ? null : file) == null;
	}

	private synchronized boolean isIdle() {
		this.waiters.removeIf((waiter) -> !waiter.isWaiting());
		return this.waiters.isEmpty();
	}

	private boolean grant(ProcessLock lock) {
		for (Waiter waiter = next(); waiter != null; waiter = next()) {
			if (waiter.grant(() -> release(lock))) {
				return true;
			}
		}
		close(lock);
		return false;
	}

	private synchronized @Nullable Waiter next() {
		return this.waiters.poll();
	}

	private void release(ProcessLock lock) {
		close(lock);
		EXECUTOR.execute(this::acquire);
	}

	private void close(ProcessLock lock) {
		try {
			lock.close();
		}
		catch (IOException ex) {
			logger.warn("Closing the lock file " + this.path + " failed", ex);
		}
	}

	private static Executor executor() {
		AtomicLong number = new AtomicLong();
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), (task) -> {
			Thread thread = new Thread(task, "mcp-oauth-lock-" + number.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		});
	}

	/**
	 * A caller that waits for the lock.
	 */
	interface Waiter {

		/**
		 * Whether the lock is wanted still.
		 * @return {@code false} if it will not be taken
		 */
		boolean isWaiting();

		/**
		 * Take the lock.
		 * @param release to be run once, on the {@link #EXECUTOR}, when the lock is not
		 * needed any more
		 * @return whether it is taken; if not, {@code release} must not be run
		 */
		boolean grant(Runnable release);

		/**
		 * Learn that the lock cannot be had.
		 * @param reason the reason
		 */
		void fail(Throwable reason);

	}

}
