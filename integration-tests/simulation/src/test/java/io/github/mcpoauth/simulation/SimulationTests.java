// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.simulation;

import java.util.Optional;
import java.util.stream.LongStream;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs of the {@link Simulation}.
 */
class SimulationTests {

	@Test
	@DisplayName("Laws 1 to 8, 16, 20, 22: no rule is broken, whichever boundary fails")
	void nodesWhenAnyBoundaryFailsBreakNoRule() {
		run(0, 2_000);
	}

	@Test
	@Tag("simulation")
	@DisplayName("As many seeds as simulation.seeds says: no rule is broken")
	void nodesWhenThereAreManySeedsBreakNoRule() {
		run(1_000_000, Long.getLong("simulation.seeds", 3_000));
	}

	/**
	 * Runs share nothing, so every core takes a part of them.
	 */
	private static void run(long first, long count) {
		Optional<Simulation.Result> broken = LongStream.range(first, first + count)
			.parallel()
			.mapToObj((seed) -> Simulation.run(seed, Mutant.NONE))
			.filter((result) -> !result.violations().isEmpty())
			.findFirst();
		assertThat(broken).isEmpty();
	}

	@Test
	@DisplayName("A seed repeats its run exactly")
	void runWhenRepeatedTellsTheSameStory() {
		assertThat(Simulation.run(7, Mutant.NONE).story()).isEqualTo(Simulation.run(7, Mutant.NONE).story());
	}

	@ParameterizedTest
	@Tag("simulation")
	@EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
	@DisplayName("A defect is found within 10,000 seeds")
	void runWhenTheCodeHasADefectFindsIt(Mutant mutant) {
		// A change of the code changes all runs, so another seed may be the first by now
		long found = LongStream.concat(LongStream.of(mutant.seed()), LongStream.range(0, 10_000))
			.filter((seed) -> !Simulation.run(seed, mutant).violations().isEmpty())
			.findFirst()
			.orElse(-1);
		assertThat(found).as("a seed that finds %s", mutant).isNotNegative();
	}

}
