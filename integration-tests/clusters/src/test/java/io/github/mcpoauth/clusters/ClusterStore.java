// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.util.List;

/**
 * Where the agents of a test keep their grants.
 */
interface ClusterStore {

	/**
	 * Start what there is to start.
	 * @return properties that tell the agents of it
	 */
	List<String> start();

	/**
	 * Stop it, and keep what is stored.
	 */
	void stop();

	/**
	 * What it is called in tables.
	 * @return the name
	 */
	String title();

	/**
	 * Whether all processes know of a change at once. Otherwise they ask every second.
	 * @return whether a change is known at once
	 */
	default boolean tellsChanges() {
		return true;
	}

	/**
	 * A store that has a server.
	 */
	interface WithServer extends ClusterStore {

		/**
		 * A lock outlives its holder that long.
		 */
		String LEASE = "--mcp.oauth.store.lease=2s";

		void startAgain();

	}

}
