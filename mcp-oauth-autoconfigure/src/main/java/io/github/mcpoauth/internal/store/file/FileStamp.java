// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import io.github.mcpoauth.store.RecordStamp;
import org.jspecify.annotations.Nullable;

/**
 * The stamp of a record in a file.
 *
 * @param state the state of the file that was read, {@code null} if it was absent
 * @param settled whether any later write is sure to change the state. Modification times
 * come from a clock that ticks every few milliseconds, and the numbers of replaced files
 * are used again: a content that was read within the tick of its modification may have
 * been replaced by something that looks the same, so it must be read once more
 */
record FileStamp(@Nullable FileState state, boolean settled) implements RecordStamp {

	/**
	 * There is no file.
	 */
	static final FileStamp ABSENT = new FileStamp(null, true);

}
