// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.util.UUID;

import io.github.mcpoauth.store.RecordStamp;

/**
 * The stamp of a record on a server: another one for each write.
 *
 * @param value a unique text, empty for the absence of a record
 */
public record Revision(String value) implements RecordStamp {

	/**
	 * There is no record.
	 */
	public static final Revision NONE = new Revision("");

	/**
	 * A revision that no record had before.
	 * @return a new revision
	 */
	public static Revision random() {
		return new Revision(UUID.randomUUID().toString());
	}

}
