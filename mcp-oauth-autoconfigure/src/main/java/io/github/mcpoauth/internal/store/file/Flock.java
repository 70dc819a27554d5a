// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * {@code flock(2)}, with which programs in C, Python and Rust lock files, and to which
 * Java has no access. It is used where JNA is present and where it is something else than
 * the record locks that Java uses: on Linux, on a local file system. Elsewhere the two
 * exclude each other, even in one process, and the record lock is enough.
 */
final class Flock {

	private static final Log logger = LogFactory.getLog(Flock.class);

	private static final @Nullable Locker LOCKER = find();

	private Flock() {
	}

	/**
	 * Wait for the lock on a file that exists, for as long as it takes.
	 * @param file the file
	 * @return releases the lock, {@code null} where it is not available
	 * @throws IOException if the file cannot be opened or locked
	 */
	static @Nullable Closeable lock(Path file) throws IOException {
		return (LOCKER != null && !isRecordLock(file)) ? LOCKER.lock(file) : null;
	}

	/**
	 * Network file systems turn {@code flock} into record locks, so that a process would
	 * wait for itself.
	 */
	private static boolean isRecordLock(Path file) throws IOException {
		String type = fileSystem(file);
		return type.startsWith("nfs") || type.startsWith("cifs") || type.startsWith("smb") || type.equals("9p")
				|| type.equals("v9fs");
	}

	private static String fileSystem(Path file) throws IOException {
		try {
			return Files.getFileStore(file).type().toLowerCase(Locale.ROOT);
		}
		catch (NoSuchFileException ex) {
			throw ex;
		}
		catch (IOException ex) {
			// Not every container shows where its files are mounted
			return "";
		}
	}

	private static @Nullable Locker find() {
		if (!System.getProperty("os.name", "").startsWith("Linux")
				|| !ClassUtils.isPresent("com.sun.jna.Native", Flock.class.getClassLoader())) {
			return null;
		}
		try {
			return JnaFlock.locker();
		}
		catch (LinkageError | RuntimeException ex) {
			logger.warn("JNA does not work here, so that programs that lock with flock(2) are not excluded", ex);
			return null;
		}
	}

	/**
	 * Locks files.
	 */
	@FunctionalInterface
	interface Locker {

		@Nullable Closeable lock(Path file) throws IOException;

	}

}
