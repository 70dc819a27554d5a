// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.function.DoubleBinaryOperator;

/**
 * Values of repeated measurements.
 */
final class Samples {

	private final double[] values;

	/**
	 * Create samples.
	 * @param values the values, in the order of the rounds
	 */
	Samples(double... values) {
		this.values = values.clone();
	}

	static Samples of(Collection<? extends Number> values) {
		return new Samples(values.stream().mapToDouble(Number::doubleValue).toArray());
	}

	double[] values() {
		return this.values.clone();
	}

	int count() {
		return this.values.length;
	}

	double median() {
		return quantile(0.5);
	}

	double lowest() {
		return quantile(0);
	}

	double highest() {
		return quantile(1);
	}

	/**
	 * A quantile, of the values as they are: nothing is interpolated but an even median.
	 * @param share which one, from 0 to 1
	 * @return the quantile
	 */
	double quantile(double share) {
		double[] sorted = this.values.clone();
		Arrays.sort(sorted);
		if (share == 0.5 && sorted.length % 2 == 0) {
			return (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
		}
		int rank = (int) Math.ceil(share * sorted.length);
		return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))];
	}

	/**
	 * Combine with values of the same rounds.
	 * @param other the other samples, as many as these
	 * @param operator combines the two values of a round
	 * @return a value for each round
	 */
	Samples with(Samples other, DoubleBinaryOperator operator) {
		double[] combined = new double[this.values.length];
		for (int round = 0; round < combined.length; round++) {
			combined[round] = operator.applyAsDouble(this.values[round], other.values[round]);
		}
		return new Samples(combined);
	}

	Samples minus(Samples other) {
		return with(other, (one, two) -> one - two);
	}

	Samples plus(Samples other) {
		return with(other, Double::sum);
	}

	Samples over(Samples other) {
		return with(other, (one, two) -> one / two);
	}

	/**
	 * The median and how far the rounds were apart.
	 * @param digits digits after the point
	 * @return the text
	 */
	String text(int digits) {
		String format = "%." + digits + "f";
		return String.format(Locale.ROOT, format + " (" + format + " to " + format + ")", median(), lowest(),
				highest());
	}

}
