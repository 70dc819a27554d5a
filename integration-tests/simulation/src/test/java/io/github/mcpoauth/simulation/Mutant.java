// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

/**
 * A defect at a boundary that the simulation must find.
 */
enum Mutant {

	/**
	 * No defect.
	 */
	NONE,

	/**
	 * A young note of another node does not hold a node back.
	 */
	YOUNG_NOTES_IGNORED,

	/**
	 * Every node gets the lock.
	 */
	LOCK_EXCLUDES_NO_NODE,

	/**
	 * A read answers the record of the read before.
	 */
	STALE_READ_UNDER_LOCK

}
