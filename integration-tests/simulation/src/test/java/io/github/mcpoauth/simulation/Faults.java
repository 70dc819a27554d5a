// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

/**
 * How often a boundary fails, each as a probability of one call.
 *
 * @param storeFails the store refuses, before or after it has carried out the command
 * @param storeSlow the store answers after its deadline, or never
 * @param answerLost the authorization server has acted, and its answer is lost or late
 * @param unavailable the authorization server answers 503 without acting
 * @param replica a look at the revisions is answered by a replica that lags
 * @param kill a node is killed at an action
 * @param close a node is closed in an orderly way at an action
 * @param pause a node is paused at an action
 * @param clock a node's clock jumps at an action
 * @param listener a listener throws
 * @param logout a user logs out at an action
 */
record Faults(double storeFails, double storeSlow, double answerLost, double unavailable, double replica, double kill,
		double close, double pause, double clock, double listener, double logout) {

	static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

	/**
	 * Faults of a seed: each kind is absent in half of the runs.
	 */
	static Faults of(World world) {
		return new Faults(rate(world, 0.05), rate(world, 0.04), rate(world, 0.04), rate(world, 0.15), rate(world, 0.3),
				rate(world, 0.02), rate(world, 0.02), rate(world, 0.02), rate(world, 0.02), rate(world, 0.3),
				rate(world, 0.01));
	}

	private static double rate(World world, double most) {
		return world.happens(0.5) ? 0 : world.random().nextDouble() * most;
	}

}
