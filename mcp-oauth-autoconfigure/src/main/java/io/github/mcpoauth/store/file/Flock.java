/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.store.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * {@code flock(2)}, which is what programs in C, Python and Rust lock files with, and
 * what Java has no access to. It is used where JNA is present and where it is something
 * else than the record locks that Java uses: on Linux, on a local file system. Elsewhere
 * the two exclude each other, even in one process, and the record lock is enough.
 */
final class Flock implements Closeable {

	private static final Log logger = LogFactory.getLog(Flock.class);

	private static final @Nullable LibC LIBC = load();

	private static final int O_RDWR = 2;

	private static final int O_CLOEXEC = 0x80000;

	private static final int LOCK_EX = 2;

	private static final int LOCK_UN = 8;

	private static final int EINTR = 4;

	private static final int EINVAL = 22;

	private static final int ENOLCK = 37;

	private static final int ENOSYS = 38;

	private static final int EOPNOTSUPP = 95;

	private final LibC libc;

	private final int descriptor;

	private Flock(LibC libc, int descriptor) {
		this.libc = libc;
		this.descriptor = descriptor;
	}

	/**
	 * Wait for the lock on a file that exists, without an end.
	 * @param file the file
	 * @return the lock, {@code null} where there is nothing such
	 * @throws IOException if the file cannot be opened or locked
	 */
	static @Nullable Flock lock(Path file) throws IOException {
		LibC libc = LIBC;
		if (libc == null || sharesRecordLocks(file)) {
			return null;
		}
		try {
			int descriptor = libc.open(file.toString(), O_RDWR | O_CLOEXEC);
			Flock flock = new Flock(libc, descriptor);
			return flock.acquire(file) ? flock : null;
		}
		catch (LastErrorException ex) {
			throw new IOException("Cannot lock " + file + ": " + ex.getMessage(), ex);
		}
	}

	@Override
	public void close() throws IOException {
		try {
			this.libc.flock(this.descriptor, LOCK_UN);
		}
		catch (LastErrorException ex) {
			logger.debug("Unlocking failed, closing the file does it as well", ex);
		}
		try {
			this.libc.close(this.descriptor);
		}
		catch (LastErrorException ex) {
			throw new IOException("Cannot close a lock file: " + ex.getMessage(), ex);
		}
	}

	private boolean acquire(Path file) throws IOException {
		while (true) {
			try {
				this.libc.flock(this.descriptor, LOCK_EX);
				return true;
			}
			catch (LastErrorException ex) {
				switch (ex.getErrorCode()) {
					case EINTR -> logger.trace("Interrupted by a signal, locking again");
					case EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP -> {
						logger.warn(("The file system of %s has no flock(2): other programs that use it are not "
								+ "excluded")
							.formatted(file));
						close();
						return false;
					}
					default -> {
						close();
						throw ex;
					}
				}
			}
		}
	}

	/**
	 * Network file systems turn {@code flock} into record locks, so that a process would
	 * wait for itself.
	 */
	private static boolean sharesRecordLocks(Path file) throws IOException {
		String type = Files.getFileStore(file).type().toLowerCase(Locale.ROOT);
		return type.startsWith("nfs") || type.startsWith("cifs") || type.startsWith("smb") || type.equals("9p")
				|| type.equals("v9fs");
	}

	private static @Nullable LibC load() {
		if (!System.getProperty("os.name", "").startsWith("Linux")
				|| !ClassUtils.isPresent("com.sun.jna.Native", Flock.class.getClassLoader())) {
			return null;
		}
		try {
			return Native.load(LibC.class, Map.of(Library.OPTION_STRING_ENCODING,
					System.getProperty("sun.jnu.encoding", Native.getDefaultStringEncoding())));
		}
		catch (LinkageError | RuntimeException ex) {
			logger.warn("JNA does not work here, so that programs that lock with flock(2) are not excluded", ex);
			return null;
		}
	}

	/**
	 * What is needed of the C library.
	 */
	interface LibC extends Library {

		int open(String path, int flags) throws LastErrorException;

		int flock(int descriptor, int operation) throws LastErrorException;

		int close(int descriptor) throws LastErrorException;

	}

}
