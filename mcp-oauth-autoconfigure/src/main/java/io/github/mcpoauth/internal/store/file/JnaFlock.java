// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * {@code flock(2)} by way of JNA, which must be present to load this class.
 */
final class JnaFlock implements Closeable {

	private static final Log logger = LogFactory.getLog(JnaFlock.class);

	private static final int O_RDWR = 2;

	private static final int O_CLOEXEC = 0x80000;

	private static final int LOCK_EX = 2;

	private static final int LOCK_UN = 8;

	private static final int ENOENT = 2;

	private static final int EINTR = 4;

	private static final int EINVAL = 22;

	private static final int ENOLCK = 37;

	private static final int ENOSYS = 38;

	private static final int EOPNOTSUPP = 95;

	private final LibC libc;

	private final int descriptor;

	private JnaFlock(LibC libc, int descriptor) {
		this.libc = libc;
		this.descriptor = descriptor;
	}

	/**
	 * Find the C library.
	 * @return a way to lock files
	 */
	static Flock.Locker locker() {
		return locker(Native.load(LibC.class, Map.of(Library.OPTION_STRING_ENCODING,
				System.getProperty("sun.jnu.encoding", Native.getDefaultStringEncoding()))));
	}

	static Flock.Locker locker(LibC libc) {
		return (file) -> lock(libc, file);
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

	private static @Nullable JnaFlock lock(LibC libc, Path file) throws IOException {
		try {
			JnaFlock flock = new JnaFlock(libc, libc.open(file.toString(), O_RDWR | O_CLOEXEC));
			return flock.acquire(file) ? flock : null;
		}
		catch (LastErrorException ex) {
			if (ex.getErrorCode() == ENOENT) {
				throw new NoSuchFileException(file.toString());
			}
			throw new IOException("flock failed: " + ex.getMessage(), ex);
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
	 * The functions of the C library.
	 */
	interface LibC extends Library {

		int open(String path, int flags) throws LastErrorException;

		int flock(int descriptor, int operation) throws LastErrorException;

		int close(int descriptor) throws LastErrorException;

	}

}
