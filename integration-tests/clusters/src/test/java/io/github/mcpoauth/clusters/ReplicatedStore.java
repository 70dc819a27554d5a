// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.util.List;

/**
 * A store on a primary and a replica.
 */
interface ReplicatedStore extends AutoCloseable {

	/**
	 * Start a primary and its replica.
	 * @return properties that tell the agents of both
	 */
	List<String> start();

	/**
	 * Let what is written from now on not reach the replica, and wait until the primary
	 * has noticed, where it does.
	 */
	void lag();

	/**
	 * Kill the primary, and make the replica the primary.
	 */
	void failOver();

	/**
	 * Give the primary a replica again.
	 */
	void replicate();

	/**
	 * Whether it takes no write that does not reach a replica.
	 * @return whether a failover at the worst instant may cost no login
	 */
	boolean keepsAll();

	/**
	 * The name of the store in tables.
	 * @return the name
	 */
	String title();

	@Override
	void close();

}
