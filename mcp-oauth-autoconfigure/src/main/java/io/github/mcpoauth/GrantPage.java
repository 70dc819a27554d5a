// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A page of stored records. It can have fewer entries than were asked for, even no
 * entries, although more pages follow, or a few more.
 *
 * @param entries the entries, in the order of the store
 * @param next where the next page begins, see {@link GrantQuery#after(String)};
 * {@code null} if this page is the last one. It can hold a principal's name
 */
public record GrantPage(List<Entry> entries, @Nullable String next) {

	public GrantPage {
		entries = List.copyOf(entries);
	}

	/**
	 * The page without names, which can be personal data.
	 */
	@Override
	public String toString() {
		return "GrantPage[entries=%d, next=%s]".formatted(this.entries.size(),
				(this.next != null) ? "present" : "absent");
	}

	/**
	 * The records of one principal and one server.
	 *
	 * @param key the key
	 * @param hasGrant whether a grant is stored. If not, only a registered client or
	 * another remainder of an earlier grant is
	 */
	public record Entry(GrantKey key, boolean hasGrant) {

	}

}
