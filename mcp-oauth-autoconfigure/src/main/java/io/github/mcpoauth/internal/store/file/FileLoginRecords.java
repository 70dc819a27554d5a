// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps the logins that wait for a user in files beside those of the grants. Processes
 * compare and replace them under one lock, which is held for the time of a write only.
 */
final class FileLoginRecords implements LoginRecords {

	private static final String KEY = "logins.key";

	private final RecordDirectory directory;

	private final RecordsLock lock;

	private final WorkThreads threads;

	FileLoginRecords(RecordDirectory directory, RecordsLock lock, WorkThreads threads) {
		this.directory = directory;
		this.lock = lock;
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
			return this.lock.within(() -> {
				if (!Objects.equals(file.read(), expected)) {
					return false;
				}
				file.write(next);
				// A login is listed by the name of its user, who may have no grant yet
				if (next != null) {
					NameFile.write(key, file.directory());
				}
				return true;
			}).onErrorMap((ex) -> failure(key.server(), file, "written", ex));
		});
	}

	@Override
	public Mono<String> key(@Nullable String expected, String next) {
		TextFile file = new TextFile(this.directory, KEY);
		return read(file).filter((present) -> !present.equals(expected))
			.switchIfEmpty(Mono.defer(() -> this.lock.within(() -> {
				String present = file.read();
				if (!Objects.equals(present, expected)) {
					return present;
				}
				file.write(next);
				return next;
			})))
			.onErrorMap((ex) -> failure("*", file, "written", ex));
	}

	private TextFile file(GrantKey key) {
		return new TextFile(this.directory.of(key), RecordName.of(key).logins());
	}

	private Mono<String> read(TextFile file) {
		return Mono.<String>fromCallable(file::read).subscribeOn(this.threads.blocking());
	}

	private TokenStoreException failure(String server, TextFile file, String verb, Throwable ex) {
		return new TokenStoreException(server, "The logins that wait for users could not be %s in %s: %s".formatted(
				verb, file.directory().resolve(file.name()), FileFailure.reason(ex) + this.directory.advice(ex)), ex);
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
			}
			else {
				this.directory.replace(this.name, text.getBytes(StandardCharsets.UTF_8));
			}
		}

	}

}
