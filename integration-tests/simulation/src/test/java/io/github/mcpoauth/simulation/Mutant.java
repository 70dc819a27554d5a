// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

/**
 * A defect at a boundary that the simulation must find. The code under test is the same:
 * its store, clock, timer or HTTP client does what a defect in the code would do.
 */
enum Mutant {

	/**
	 * No defect.
	 */
	NONE(0),

	/**
	 * A young note of another node does not hold a node back.
	 */
	YOUNG_NOTES_IGNORED(383),

	/**
	 * A note counts for a tenth of its time.
	 */
	NOTES_OLD_TOO_SOON(383),

	/**
	 * The age of a note is counted by the clock of the node that reads it.
	 */
	NOTES_AGE_BY_THE_CLOCK_OF_THE_NODE(383),

	/**
	 * No note is written before a refresh token is sent.
	 */
	NO_NOTE(75),

	/**
	 * The note is written while the refresh token is on its way.
	 */
	NOTE_AFTER_SEND(79),

	/**
	 * The note names another refresh token than the one that is sent.
	 */
	NOTE_OF_ANOTHER_TOKEN(75),

	/**
	 * All nodes sign their notes with the same name.
	 */
	NOTES_WITH_ONE_OWNER(383),

	/**
	 * The lock excludes no node.
	 */
	LOCK_EXCLUDES_NO_NODE(0),

	/**
	 * The lease of a dead node never ends.
	 */
	LEASE_NEVER_ENDS(2),

	/**
	 * A read answers the record of the read before.
	 */
	STALE_READ_UNDER_LOCK(1),

	/**
	 * A node never hears that a record has changed.
	 */
	CHANGES_NEVER_TOLD(1),

	/**
	 * A write is reported as done and does nothing.
	 */
	WRITE_NOT_STORED(0),

	/**
	 * A write is reported as done half a second before it is.
	 */
	WRITE_REPORTED_BEFORE_IT_IS_STORED(7),

	/**
	 * A write is carried out again later, without a comparison.
	 */
	WRITE_REPEATED_LATER(0),

	/**
	 * A write brings a removed record back.
	 */
	REMOVED_GRANT_BROUGHT_BACK(50),

	/**
	 * The new access token is stored with the old refresh token.
	 */
	ROTATED_TOKEN_NOT_KEPT(1),

	/**
	 * The grants of all servers are stored under one key.
	 */
	KEYS_FOLDED(0),

	/**
	 * No process learns the lessons of another one.
	 */
	LESSONS_FORGOTTEN(1),

	/**
	 * Pauses are measured by the wall clock.
	 */
	PAUSES_BY_THE_WALL_CLOCK(24),

	/**
	 * Deadlines of two seconds and more never come.
	 */
	NO_DEADLINES(0),

	/**
	 * A process that is closed waits for nothing.
	 */
	CLOSE_WAITS_FOR_NOTHING(407),

	/**
	 * The HTTP client sends a request again that was not answered within 300 ms.
	 */
	REQUEST_REPEATED(0),

	/**
	 * The HTTP client delivers the answer to the request before.
	 */
	ANSWER_DELIVERED_TWICE(1);

	private final long seed;

	Mutant(long seed) {
		this.seed = seed;
	}

	/**
	 * The first seed that finds the defect.
	 */
	long seed() {
		return this.seed;
	}

}
