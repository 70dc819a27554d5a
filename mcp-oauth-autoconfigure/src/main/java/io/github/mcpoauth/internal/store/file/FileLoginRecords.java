// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Keeps the logins that wait for a user in files beside those of the grants. Processes
 * compare and replace them under one lock, which is held for the time of a write only.
 */
final class FileLoginRecords implements LoginRecords {

	private static final String KEY = "logins.key";

	private static final String LOCK = "logins.lock";

	/**
	 * A process that is stopped while it holds the lock keeps others waiting.
	 */
	private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

	private final RecordDirectory directory;

	private final WorkThreads threads;

	FileLoginRecords(RecordDirectory directory, WorkThreads threads) {
		this.directory = directory;
		this.threads = threads;
	}

	@Override
	public Mono<String> load(GrantKey key) {
		return Mono.defer(() -> {
			TextFile file = file(key);
			return read(file).onErrorMap((ex) -> failure(key.server(), file, "read", ex));
		});
	}

	@Override
	public Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next, Duration lifetime) {
		return Mono.defer(() -> {
			TextFile file = file(key);
			return locked(() -> {
				if (!Objects.equals(file.read(), expected)) {
					return false;
				}
				file.write(next);
				return true;
			}).onErrorMap((ex) -> failure(key.server(), file, "written", ex));
		});
	}

	@Override
	public Mono<String> key(@Nullable String expected, String next) {
		TextFile file = new TextFile(this.directory, KEY);
		return read(file).filter((present) -> !present.equals(expected)).switchIfEmpty(Mono.defer(() -> locked(() -> {
			String present = file.read();
			if (!Objects.equals(present, expected)) {
				return present;
			}
			file.write(next);
			return next;
		}))).onErrorMap((ex) -> failure("*", file, "written", ex));
	}

	private TextFile file(GrantKey key) {
		Path path = FileTokenStore.directory(this.directory.path(), key);
		return new TextFile((key.principal() != null) ? new RecordDirectory(path) : this.directory,
				RecordName.of(key).logins());
	}

	private Mono<String> read(TextFile file) {
		return Mono.<String>fromCallable(file::read).subscribeOn(this.threads.blocking());
	}

	private <T> Mono<T> locked(Callable<@Nullable T> work) {
		Mono<T> locked = Mono.create((sink) -> {
			Waiter<T> waiter = new Waiter<>(work, sink);
			sink.onDispose(waiter::leave);
			LockFile.EXECUTOR.execute(() -> enter(waiter));
		});
		return this.threads.within(locked, LONGEST_WAIT).publishOn(this.threads.blocking());
	}

	private void enter(Waiter<?> waiter) {
		try {
			this.directory.create();
			LockFile.enter(this.directory.path().toRealPath().resolve(LOCK), waiter);
		}
		catch (IOException | RuntimeException ex) {
			waiter.fail(ex);
		}
	}

	private TokenStoreException failure(String server, TextFile file, String verb, Throwable ex) {
		String reason = (ex instanceof TimeoutException)
				? "another process holds %s for longer than %d s".formatted(LOCK, LONGEST_WAIT.toSeconds())
				: FileFailure.reason(ex) + FileTokenStore.advice(this.directory, ex);
		return new TokenStoreException(server, "The logins that wait for users could not be %s in %s: %s"
			.formatted(verb, file.directory().resolve(file.name()), reason), ex);
	}

	/**
	 * A file with one text.
	 *
	 * @param directory its directory
	 * @param name its name
	 */
	private record TextFile(RecordDirectory directory, String name) {

		@Nullable String read() throws IOException {
			byte[] content = this.directory.read(this.name);
			if (content != null && content.length > RecordDirectory.LARGEST) {
				throw new FileSystemException(this.name, null,
						"it is larger than %d bytes".formatted(RecordDirectory.LARGEST));
			}
			return (content == null || content.length == 0) ? null : new String(content, StandardCharsets.UTF_8);
		}

		void write(@Nullable String text) throws IOException {
			if (text == null) {
				this.directory.delete(this.name);
				return;
			}
			RecordDirectory.Written written = this.directory.replace(this.name, text.getBytes(StandardCharsets.UTF_8),
					() -> {
					});
			this.directory.deleteLeftovers(this.name, written.state());
		}

	}

	/**
	 * Does its work on the thread that got the lock, and releases the lock before the
	 * subscriber hears of it.
	 */
	private static final class Waiter<T> implements LockFile.Waiter {

		private final AtomicBoolean waiting = new AtomicBoolean(true);

		private final Callable<@Nullable T> work;

		private final MonoSink<T> sink;

		Waiter(Callable<@Nullable T> work, MonoSink<T> sink) {
			this.work = work;
			this.sink = sink;
		}

		@Override
		public boolean isWaiting() {
			return this.waiting.get();
		}

		@Override
		public boolean grant(Runnable release) {
			// A caller that gave up meanwhile must not change the file
			if (!this.waiting.compareAndSet(true, false)) {
				return false;
			}
			T result = null;
			Throwable failure = null;
			try {
				result = this.work.call();
			}
			catch (Throwable ex) {
				// An Error, too: the lock would never be released
				failure = ex;
			}
			release.run();
			if (failure != null) {
				this.sink.error(failure);
			}
			else {
				this.sink.success(result);
			}
			return true;
		}

		@Override
		public void fail(Throwable reason) {
			if (this.waiting.compareAndSet(true, false)) {
				this.sink.error(reason);
			}
		}

		void leave() {
			this.waiting.set(false);
		}

	}

}
