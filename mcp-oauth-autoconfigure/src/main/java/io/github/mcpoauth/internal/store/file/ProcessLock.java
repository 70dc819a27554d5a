// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

/**
 * A lock on a file that excludes other processes. The kernel releases it when this
 * process dies. It consists of a record lock, which excludes every other JVM, and of a
 * {@link Flock} where there is such.
 * <p>
 * Record locks belong to the process: another channel on the same file would be let in,
 * and closing it would release the lock. Hence the user of this class makes sure that a
 * JVM has one of these per file.
 */
final class ProcessLock implements Closeable {

	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

	private final Path file;

	private final FileChannel channel;

	private @Nullable Closeable flock;

	private ProcessLock(Path file, FileChannel channel) {
		this.file = file;
		this.channel = channel;
	}

	/**
	 * Wait for the lock, blocking the calling thread for as long as it takes.
	 * @param file the lock file, created if it does not exist
	 * @return the lock
	 * @throws IOException if the file cannot be opened or locked
	 */
	static ProcessLock acquire(Path file) throws IOException {
		while (true) {
			ProcessLock lock = new ProcessLock(file, RecordDirectory.openMarker(file));
			boolean usable = false;
			try {
				usable = lock.lock();
				if (usable) {
					return lock;
				}
			}
			finally {
				if (!usable) {
					lock.close();
				}
			}
		}
	}

	@Override
	public void close() throws IOException {
		try {
			this.channel.close();
		}
		finally {
			Closeable flock = this.flock;
			if (flock != null) {
				flock.close();
			}
		}
	}

	/**
	 * Lock the file, and look whether it is the one that others lock: another program may
	 * have removed it while this waited, and a lock on a file without a name excludes no
	 * process.
	 */
	private boolean lock() throws IOException {
		Object opened = fileKey();
		try {
			this.flock = Flock.lock(this.file);
		}
		catch (NoSuchFileException ex) {
			return false;
		}
		lockRecord();
		return opened != null && opened.equals(fileKey());
	}

	private void lockRecord() throws IOException {
		FileLock lock = null;
		while (lock == null) {
			try {
				lock = this.channel.lock();
			}
			catch (OverlappingFileLockException ex) {
				// Held by a copy of this class from another class loader: its lock
				// would be lost if this channel were closed
				LockSupport.parkNanos(PAUSE);
			}
			catch (IOException ex) {
				// The kernel sees a deadlock when two processes hold a lock each and
				// wait for the other's, even if they do so in different threads
				lock = this.channel.tryLock();
				LockSupport.parkNanos((lock != null) ? 0 : PAUSE);
			}
		}
	}

	private @Nullable Object fileKey() throws IOException {
		try {
			BasicFileAttributes attributes = Files.readAttributes(this.file, BasicFileAttributes.class,
					LinkOption.NOFOLLOW_LINKS);
			// Where there are no file keys, open files cannot be removed either
			return (attributes.fileKey() != null) ? attributes.fileKey() : this.file;
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

}
