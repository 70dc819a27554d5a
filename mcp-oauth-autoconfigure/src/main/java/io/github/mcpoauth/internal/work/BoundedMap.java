// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.work;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Maps that several threads share and that drop an entry when they are full: the one that
 * was read or written least recently.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public final class BoundedMap<K, V> extends LinkedHashMap<K, V> {

	private static final long serialVersionUID = 1L;

	private static final int CAPACITY = 16;

	private static final float LOAD_FACTOR = 0.75f;

	private final int most;

	private BoundedMap(int most) {
		super(CAPACITY, LOAD_FACTOR, true);
		this.most = most;
	}

	/**
	 * Create a map that drops the entry that was read or written least recently.
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @param most the number of entries it keeps
	 * @return a synchronized map
	 */
	public static <K, V> Map<K, V> dropLeastRecentlyUsed(int most) {
		return Collections.synchronizedMap(new BoundedMap<>(most));
	}

	@Override
	protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
		return size() > this.most;
	}

}
