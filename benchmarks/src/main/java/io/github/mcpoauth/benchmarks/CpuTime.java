// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import com.sun.management.ThreadMXBean;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * The CPU time of an operation, on all Java threads. It includes the work that a filter
 * hands to other threads, and excludes other work of the machine and the JVM's compilers.
 */
public final class CpuTime implements InternalProfiler {

	static final String NAME = "cpu";

	private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

	private long began;

	private static long spent() {
		return Arrays.stream(THREADS.getThreadCpuTime(THREADS.getAllThreadIds())).filter((nanos) -> nanos > 0).sum();
	}

	@Override
	public String getDescription() {
		return "CPU time of an operation";
	}

	@Override
	public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
		this.began = spent();
	}

	@Override
	@SuppressWarnings("rawtypes") // by JMH
	public Collection<? extends Result> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
			IterationResult result) {
		double nanos = (double) (spent() - this.began) / result.getMetadata().getAllOps();
		return List.of(new ScalarResult(NAME, nanos, "ns/op", AggregationPolicy.AVG));
	}

}
