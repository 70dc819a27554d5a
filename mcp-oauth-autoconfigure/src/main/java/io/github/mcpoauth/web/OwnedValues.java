// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Values by name, of which each owner has a few at most. An owner that adds more loses
 * its own oldest, never those of another owner.
 *
 * @param <V> type of the values
 */
final class OwnedValues<V> {

	private static final int OWNERS = 10_000;

	private final int most;

	/**
	 * By owner, the one that added nothing for the longest time first, then by name.
	 */
	private final Map<String, Map<String, V>> owners = new LinkedHashMap<>();

	private final Map<String, String> ownersByName = new LinkedHashMap<>();

	OwnedValues(int most) {
		this.most = most;
	}

	synchronized void put(String owner, String name, V value) {
		Map<String, V> values = Objects.requireNonNullElseGet(this.owners.remove(owner), LinkedHashMap::new);
		this.owners.put(owner, values);
		values.put(name, value);
		this.ownersByName.put(name, owner);
		if (values.size() > this.most) {
			String oldest = values.keySet().iterator().next();
			values.remove(oldest);
			this.ownersByName.remove(oldest);
		}
		if (this.owners.size() > OWNERS) {
			String idlest = this.owners.keySet().iterator().next();
			this.owners.getOrDefault(idlest, Map.of()).keySet().forEach(this.ownersByName::remove);
			this.owners.remove(idlest);
		}
	}

	synchronized @Nullable V get(String name) {
		String owner = this.ownersByName.get(name);
		return (owner != null) ? this.owners.getOrDefault(owner, Map.of()).get(name) : null;
	}

	/**
	 * The newest value of an owner.
	 */
	synchronized @Nullable V newest(String owner) {
		V newest = null;
		for (V value : this.owners.getOrDefault(owner, Map.of()).values()) {
			newest = value;
		}
		return newest;
	}

}
