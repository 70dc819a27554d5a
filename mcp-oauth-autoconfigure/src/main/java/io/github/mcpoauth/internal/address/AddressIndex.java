// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.URI;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Finds the entry that a URL lies at or below. Immutable.
 *
 * @param <T> the type of an entry
 */
public final class AddressIndex<T> {

	private final Map<HttpAddress, T> entries;

	private final Set<String> hosts = new HashSet<>();

	/**
	 * Create an index.
	 * @param entries the entries by their address
	 */
	public AddressIndex(Map<HttpAddress, T> entries) {
		this.entries = Map.copyOf(entries);
		this.entries.keySet().forEach((address) -> this.hosts.add(address.host()));
	}

	/**
	 * Find the entry with the longest path that a URL lies at or below.
	 * @param url the URL
	 * @return the entry, {@code null} if absent
	 */
	public @Nullable T find(URI url) {
		// Most requests of an application go to other hosts and end here
		HttpAddress requested = isKnownHost(url) ? HttpAddress.of(url) : null;
		HttpAddress address = requested;
		while (requested != null && address != null) {
			T entry = this.entries.get(address);
			if (entry != null) {
				return address.covers(requested) ? entry : null;
			}
			address = address.parent();
		}
		return null;
	}

	boolean isEmpty() {
		return this.entries.isEmpty();
	}

	private boolean isKnownHost(URI url) {
		String host = url.getHost();
		return host != null && this.hosts.contains(host.toLowerCase(Locale.ROOT));
	}

}
