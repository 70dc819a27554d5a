// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import org.jspecify.annotations.Nullable;

/**
 * A grant to be written, and the state of the server that it may replace.
 *
 * @param content the grant as JSON
 * @param fence the fence of the grant
 * @param revision the revision of the grant
 * @param metadata the metadata as JSON, {@code null} to keep the stored ones
 * @param expected the state to replace
 */
public record RecordWrite(String content, Fence fence, Revision revision, @Nullable String metadata,
		Expected expected) {

	/**
	 * A state of the server.
	 */
	public sealed interface Expected {

	}

	/**
	 * There is no grant.
	 */
	public record Absent() implements Expected {

	}

	/**
	 * There is the grant that the writer read.
	 *
	 * @param fence its fence
	 */
	public record Same(Fence fence) implements Expected {

	}

	/**
	 * There is a damaged grant, which is copied aside before it is replaced.
	 *
	 * @param content its exact content
	 * @param revision its revision
	 */
	public record Damaged(String content, Revision revision) implements Expected {

	}

}
