// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

/**
 * Something that is measured in one run.
 */
interface Part {

	/**
	 * Measure.
	 * @return the results
	 * @throws Exception if anything goes wrong, so that there are no results
	 */
	Results measure() throws Exception;

}
