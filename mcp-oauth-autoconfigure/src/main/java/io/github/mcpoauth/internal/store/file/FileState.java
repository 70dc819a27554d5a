// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * The attributes of a file that tell its states apart.
 *
 * @param modified when it was last modified, in nanoseconds since the epoch
 * @param size its size in bytes
 * @param fileKey tells it from other files of the same name, {@code null} where the file
 * system has nothing such
 */
record FileState(long modified, long size, @Nullable Object fileKey) {

	/**
	 * The longest tick of the clock behind the modification times: that of the kernel
	 * where times look precise, that of the coarsest file systems where they do not.
	 */
	private static final long FINE_TICK = TimeUnit.MILLISECONDS.toNanos(25);

	private static final long COARSE_TICK = TimeUnit.MILLISECONDS.toNanos(2100);

	private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

	static FileState of(BasicFileAttributes attributes) {
		return new FileState(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS), attributes.size(),
				attributes.fileKey());
	}

	/**
	 * How long a file must have been in this state before another write is sure to give
	 * it another modification time.
	 * @return the duration in nanoseconds
	 */
	long tick() {
		return (this.modified % SECOND == 0) ? COARSE_TICK : FINE_TICK;
	}

}
