// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.FreePorts;
import io.github.mcpoauth.fixtures.TypeScriptServer;
import io.github.mcpoauth.samples.demo.DemoServer;
import io.github.mcpoauth.session.McpCallException;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An agent that calls a tool 50 times a second for a long time, with tokens that live 5
 * seconds, an MCP server that ends and is started again, and another process that renews
 * the grant. Every second time, SIGTERM ends the server instead of SIGKILL, and ends the
 * other process at a random instant of its refresh. The application holds all threads of
 * {@code boundedElastic}, and its listener throws. The system property
 * {@code soak.minutes} says for how long.
 */
@Tag("soak")
class SoakTests {

	private static final Duration RESTARTS = Duration.ofSeconds(45);

	private static final int CALLS_PER_SECOND = 50;

	/**
	 * Long, because the machine may be busy.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(10);

	/**
	 * The exit code after a SIGTERM.
	 */
	private static final int TERMINATED = 143;

	/**
	 * Tomcat adds some whenever all are busy, up to 200.
	 */
	private static final String AUTHORIZATION_SERVER_THREADS = "http-nio-";

	private static final long SEED = Long.getLong("soak.seed", 20301130);

	private final Random random = new Random(SEED);

	@TempDir
	private Path store;

	private final LongAdder calls = new LongAdder();

	private final LongAdder results = new LongAdder();

	private final LongAdder lostToRestarts = new LongAdder();

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	/**
	 * Odd while the server is being restarted.
	 */
	private final AtomicInteger restarts = new AtomicInteger();

	private final List<Sample> samples = new ArrayList<>();

	private int externalRefreshes;

	private int terminations;

	private int port;

	private DemoServer authorizationServer;

	private TypeScriptServer server;

	@BeforeEach
	void start() throws IOException {
		this.port = FreePorts.next();
		this.authorizationServer = DemoServer.start("--server.port=0", "--demo.auto-login=true",
				"--demo.access-token-ttl=5s", "--demo.resources=http://127.0.0.1:%d/mcp".formatted(this.port));
		this.server = TypeScriptServer.start(this.authorizationServer.url(), this.port);
	}

	@AfterEach
	void stop() {
		this.server.close();
		this.authorizationServer.close();
	}

	@Test
	void callsWhenTokensExpireAndServersRestartAreAnswered() throws Exception {
		Duration duration = Duration.ofMinutes(Long.getLong("soak.minutes", 30));
		try (BusyApplication busy = BusyApplication.start();
				AgentApplication agent = AgentApplication.start(this.server.url(), this.store,
						"mcp.oauth.session.breaker-failures=1000000",
						"spring.main.sources=" + ThrowingListener.class.getName())) {
			agent.logIn();
			Disposable load = load(agent);
			disturb(duration);
			load.dispose();
			assertThat(busy.isBusy()).isTrue();
		}
		finally {
			report(duration);
		}
		assertThat(ThrowingListener.thrown.sum()).isPositive();
		assertThat(this.failures).isEmpty();
		assertThat(this.results.sum()).isGreaterThan(this.calls.sum() * 9 / 10);
		assertFlat();
	}

	private Disposable load(AgentApplication agent) {
		return Flux.interval(Duration.ofMillis(1000 / CALLS_PER_SECOND))
			.onBackpressureBuffer(10_000)
			.flatMap((tick) -> call(agent), 1000)
			.subscribe();
	}

	private Mono<CallToolResult> call(AgentApplication agent) {
		return Mono.defer(() -> {
			this.calls.increment();
			int before = this.restarts.get();
			return agent.session()
				.callTool(CallToolRequest.builder("echo").arguments(Map.of("message", "hello")).build())
				.doOnNext((result) -> {
					if (Boolean.TRUE.equals(result.isError())) {
						failed(before, result.toString());
					}
					else {
						this.results.increment();
					}
				})
				.onErrorResume((ex) -> {
					failed(before, (ex instanceof McpCallException) ? String.valueOf(ex.getMessage()) : ex.toString());
					return Mono.empty();
				});
		});
	}

	/**
	 * A call that overlaps a restart may have been in flight to the dead server.
	 */
	private void failed(int before, String reason) {
		if (before % 2 == 1 || this.restarts.get() != before) {
			this.lostToRestarts.increment();
		}
		else {
			this.failures.add(reason);
		}
	}

	private void disturb(Duration duration) throws Exception {
		long end = System.nanoTime() + duration.toNanos();
		while (System.nanoTime() < end) {
			boolean terminate = this.externalRefreshes % 2 == 1;
			refreshElsewhere(terminate);
			this.externalRefreshes++;
			this.terminations += terminate ? 1 : 0;
			this.restarts.incrementAndGet();
			if (terminate) {
				this.server.close();
			}
			else {
				this.server.kill();
			}
			this.server = TypeScriptServer.start(this.authorizationServer.url(), this.port);
			this.restarts.incrementAndGet();
			Mono.delay(RESTARTS).block();
			sample();
		}
	}

	private void refreshElsewhere(boolean terminate) {
		try (ChildProcess job = ChildProcess.java("The refresh job", System.getProperty("java.class.path"),
				RefreshJob.class.getName(), this.server.url().toString(), this.store.toString(),
				Boolean.toString(terminate))) {
			if (terminate) {
				job.await(RefreshJob.BEGINS);
				LockSupport.parkNanos(this.random.nextLong(TimeUnit.MILLISECONDS.toNanos(100)));
				job.terminate();
			}
			assertThat(job.awaitEnd()).as(job.output()).isEqualTo(terminate ? TERMINATED : 0);
		}
	}

	private void sample() {
		System.gc();
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		Map<String, Long> ours = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
			.filter(Objects::nonNull)
			.map((thread) -> thread.getThreadName().replaceAll("[0-9]+", "N"))
			.filter((name) -> !name.startsWith(AUTHORIZATION_SERVER_THREADS))
			.collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
		this.samples.add(new Sample(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10, ours));
	}

	/**
	 * The last third is like the middle one, after the first in which all got warm.
	 */
	private void assertFlat() {
		int third = this.samples.size() / 3;
		if (third > 2) {
			List<Sample> middle = this.samples.subList(third, 2 * third);
			List<Sample> last = this.samples.subList(2 * third, this.samples.size());
			assertThat(average(last, Sample::heap)).isLessThan(average(middle, Sample::heap) * 1.1);
			assertThat(average(last, Sample::count)).as("%s, then %s", middle.get(0).threads(), last.get(0).threads())
				.isLessThan(average(middle, Sample::count) + 3);
		}
	}

	private static double average(List<Sample> samples, ToLongFunction<Sample> value) {
		return samples.stream().mapToLong(value).average().orElseThrow();
	}

	private void report(Duration duration) throws IOException {
		List<String> lines = new ArrayList<>();
		lines.add("%d min: %d calls, %d results, %d lost to %d restarts, %d failed otherwise; %d external refreshes"
			.formatted(duration.toMinutes(), this.calls.sum(), this.results.sum(), this.lostToRestarts.sum(),
					this.restarts.get() / 2, this.failures.size(), this.externalRefreshes));
		lines.add("%d times SIGTERM to both processes, seed %d; the listener threw %d times"
			.formatted(this.terminations, SEED, ThrowingListener.thrown.sum()));
		lines.add("token requests: " + this.authorizationServer.stats().tokenRequests());
		lines.add("heap after a collection in KiB: " + this.samples.stream().map(Sample::heap).toList());
		lines.add("threads: " + this.samples.stream().map(Sample::count).toList());
		if (!this.samples.isEmpty()) {
			lines.add("at first: " + this.samples.get(0).threads());
			lines.add("at the end: " + this.samples.get(this.samples.size() - 1).threads());
		}
		this.failures.stream()
			.collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()))
			.forEach((failure, count) -> lines.add("failed %d times: %s".formatted(count, failure)));
		Files.write(Path.of("target/soak.txt"), lines, StandardCharsets.UTF_8);
	}

	/**
	 * What the process was at some point.
	 *
	 * @param heap used heap in KiB
	 * @param threads number of threads by name, without those of the authorization server
	 */
	private record Sample(long heap, Map<String, Long> threads) {

		long count() {
			return this.threads.values().stream().mapToLong(Long::longValue).sum();
		}

	}

	/**
	 * Holds all threads of {@code boundedElastic}, as blocking calls of an application
	 * do.
	 *
	 * @param end lets go of the threads
	 */
	private record BusyApplication(CountDownLatch end) implements AutoCloseable {

		static BusyApplication start() throws InterruptedException {
			BusyApplication busy = new BusyApplication(new CountDownLatch(1));
			CountDownLatch held = new CountDownLatch(Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE);
			for (int i = 0; i < Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE; i++) {
				Schedulers.boundedElastic().schedule(() -> {
					held.countDown();
					busy.hold();
				});
			}
			assertThat(held.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			return busy;
		}

		private void hold() {
			try {
				this.end.await(1, TimeUnit.DAYS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		/**
		 * Whether no thread is free for something else.
		 */
		boolean isBusy() throws InterruptedException {
			CountDownLatch ran = new CountDownLatch(1);
			Schedulers.boundedElastic().schedule(ran::countDown);
			return !ran.await(1, TimeUnit.SECONDS);
		}

		@Override
		public void close() {
			this.end.countDown();
		}

	}

	/**
	 * A listener of the application with a defect.
	 */
	static final class ThrowingListener implements McpOAuthListener {

		static final LongAdder thrown = new LongAdder();

		@Override
		public void onEvent(McpOAuthEvent event) {
			fail();
		}

		@Override
		public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
				Function<? super T, String> outcome) {
			throw fail();
		}

		@Override
		public void locked(String server, Duration waited) {
			fail();
		}

		@Override
		public void refreshEnded(String server, int waiters) {
			fail();
		}

		private static IllegalStateException fail() {
			thrown.increment();
			throw new IllegalStateException("This listener has a defect");
		}

	}

}
