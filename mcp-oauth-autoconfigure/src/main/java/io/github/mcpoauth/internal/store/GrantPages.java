// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantQuery;
import org.jspecify.annotations.Nullable;

/**
 * Cuts pages from entries that have no order, in one pass and in memory for one page.
 */
public final class GrantPages {

	private GrantPages() {
	}

	/**
	 * Select the entries that come first behind a place.
	 * @param <T> the type of entry
	 * @param entries all entries
	 * @param after the place, {@code null} for the beginning
	 * @param most how many to select
	 * @param order the place of an entry, different for each
	 * @return the entries by their places, in order
	 */
	public static <T> NavigableMap<String, T> first(Stream<T> entries, @Nullable String after, int most,
			Function<T, String> order) {
		TreeMap<String, T> first = new TreeMap<>();
		entries.forEach((entry) -> {
			String place = order.apply(entry);
			boolean wanted = after == null || place.compareTo(after) > 0;
			if (wanted && (first.size() < most || place.compareTo(first.lastKey()) < 0)) {
				first.put(place, entry);
				if (first.size() > most) {
					first.pollLastEntry();
				}
			}
		});
		return first;
	}

	/**
	 * Cut a page.
	 * @param entries all entries of the store
	 * @param query selects entries and the page
	 * @param order the place of an entry, different for each
	 * @return the page
	 */
	public static GrantQuery.Page select(Stream<GrantQuery.Entry> entries, GrantQuery query,
			Function<GrantQuery.Entry, String> order) {
		Stream<GrantQuery.Entry> selected = entries.filter((entry) -> query.selects(entry.key()));
		return page(first(selected, query.after(), query.limit() + 1, order), query.limit());
	}

	/**
	 * Cut a page from the entries behind the one before.
	 * @param first entries by their places, more than the limit if there are more
	 * @param limit the size of the page
	 * @return the page
	 */
	public static GrantQuery.Page page(NavigableMap<String, GrantQuery.Entry> first, int limit) {
		Map.Entry<String, GrantQuery.Entry> last = first.lastEntry();
		boolean more = first.size() > limit;
		while (first.size() > limit) {
			first.pollLastEntry();
			last = first.lastEntry();
		}
		return new GrantQuery.Page(List.copyOf(first.values()), (more && last != null) ? last.getKey() : null);
	}

}
