// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Selects stored records of principals, one page after the other. The application's own
 * records are not among them.
 *
 * @param server name of a server to select, {@code null} for all servers, configured or
 * not
 * @param principal a principal to select, {@code null} for all principals
 * @param after {@link Page#next()} of the page before, {@code null} for the first page.
 * It can hold a principal's name
 * @param limit how many entries to answer, 1 to {@value #MOST}
 */
public record GrantQuery(@Nullable String server, @Nullable String principal, @Nullable String after, int limit) {

	/**
	 * The largest page.
	 */
	public static final int MOST = 1000;

	private static final int LONGEST_AFTER = 2000;

	public GrantQuery {
		Assert.isTrue(limit >= 1 && limit <= MOST, () -> "'limit' must be from 1 to %d".formatted(MOST));
		Assert.isTrue(server == null || !server.isBlank(), "'server' must not be empty");
		Assert.isTrue(after == null || after.length() <= LONGEST_AFTER,
				"'after' must be the 'next' of the page before");
		if (principal != null) {
			new GrantKey((server != null) ? server : "any", principal);
		}
	}

	/**
	 * Select the records of all principals of all servers.
	 * @param limit how many entries to answer
	 * @return the query for the first page
	 */
	public static GrantQuery all(int limit) {
		return new GrantQuery(null, null, null, limit);
	}

	/**
	 * Select the records of one server.
	 * @param server name of the server
	 * @return the query for its first page
	 */
	public GrantQuery ofServer(String server) {
		return new GrantQuery(server, this.principal, null, this.limit);
	}

	/**
	 * Select the records of one principal.
	 * @param principal name of the principal
	 * @return the query for its first page
	 * @throws IllegalArgumentException for a name that cannot be one
	 */
	public GrantQuery ofPrincipal(String principal) {
		return new GrantQuery(this.server, principal, null, this.limit);
	}

	/**
	 * Go on behind a page.
	 * @param next {@link Page#next()} of that page, {@code null} for the first page
	 * @return the query for the page behind it
	 */
	public GrantQuery after(@Nullable String next) {
		return new GrantQuery(this.server, this.principal, next, this.limit);
	}

	/**
	 * Whether a key is selected, wherever its page is.
	 * @param key the key
	 * @return {@code true} for a key of a principal that fits server and principal
	 */
	public boolean selects(GrantKey key) {
		String owner = key.principal();
		return owner != null && (this.server == null || this.server.equals(key.server()))
				&& (this.principal == null || this.principal.equals(owner));
	}

	/**
	 * The query without names, which can be personal data.
	 */
	@Override
	public String toString() {
		return "GrantQuery[server=%s, principal=%s, after=%s, limit=%d]".formatted(this.server, told(this.principal),
				told(this.after), this.limit);
	}

	private static String told(@Nullable String text) {
		return (text != null) ? "present" : "absent";
	}

	/**
	 * A page of stored records. It can have fewer entries than were asked for, even no
	 * entries, although more pages follow, or a few more.
	 *
	 * @param entries the entries, in the order of the store
	 * @param next where the next page begins, see {@link #after(String)}; {@code null} if
	 * this page is the last one. It can hold a principal's name
	 */
	public record Page(List<Entry> entries, @Nullable String next) {

		public Page {
			entries = List.copyOf(entries);
		}

		/**
		 * The page without names, which can be personal data.
		 */
		@Override
		public String toString() {
			return "Page[entries=%d, next=%s]".formatted(this.entries.size(),
					(this.next != null) ? "present" : "absent");
		}

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
