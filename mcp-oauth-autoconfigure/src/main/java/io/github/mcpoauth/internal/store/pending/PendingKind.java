// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.pending;

import java.time.Instant;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;

/**
 * A kind of entries that wait for users.
 *
 * @param <T> the type of entry
 */
public interface PendingKind<T> {

	/**
	 * The name of the entries in the stored document and in messages.
	 * @return a plural
	 */
	String name();

	/**
	 * How many a grant may have. More push out the last ones.
	 * @return the number
	 */
	int most();

	/**
	 * How large the entries of a grant may be together. The last ones are left out before
	 * that, and the first one never.
	 * @return the number of bytes
	 */
	int largest();

	/**
	 * When an entry ends.
	 * @param entry the entry
	 * @return the instant
	 */
	Instant expiresAt(T entry);

	/**
	 * Write an entry.
	 * @param entry the entry
	 * @return its members, without its end
	 */
	Map<String, Object> write(T entry);

	/**
	 * Read an entry.
	 * @param key the grant
	 * @param expiresAt when the entry ends
	 * @param members its members
	 * @return the entry
	 * @throws MalformedRecordException if it cannot be understood
	 */
	T read(GrantKey key, Instant expiresAt, JsonMembers members) throws MalformedRecordException;

}
