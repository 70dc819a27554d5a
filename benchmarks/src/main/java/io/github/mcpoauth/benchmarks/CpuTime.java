// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

	private Map<Long, Long> before = Map.of();

	private static Map<Long, Long> spent() {
		Map<Long, Long> spent = new HashMap<>();
		long[] threads = THREADS.getAllThreadIds();
		long[] nanos = THREADS.getThreadCpuTime(threads);
		for (int index = 0; index < threads.length; index++) {
			spent.put(threads[index], Math.max(0, nanos[index]));
		}
		return spent;
	}

	@Override
	public String getDescription() {
		return "CPU time of an operation";
	}

	@Override
	public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
		this.before = spent();
	}

	@Override
	@SuppressWarnings("rawtypes") // by JMH
	public Collection<? extends Result> afterIteration(BenchmarkParams benchmark, IterationParams iteration,
			IterationResult result) {
		// Thread by thread: one that ended meanwhile takes what it spent along
		long nanos = spent().entrySet()
			.stream()
			.mapToLong((thread) -> Math.max(0, thread.getValue() - this.before.getOrDefault(thread.getKey(), 0L)))
			.sum();
		return List.of(new ScalarResult(NAME, (double) nanos / result.getMetadata().getAllOps(), "ns/op",
				AggregationPolicy.AVG));
	}

}
