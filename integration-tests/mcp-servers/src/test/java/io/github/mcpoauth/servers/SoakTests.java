// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

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

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An agent that calls a tool 50 times a second for a long time, with tokens that live 5
 * seconds, an MCP server that is killed and started again, and another process that
 * renews the grant. The system property {@code soak.minutes} says for how long.
 */
@Tag("soak")
class SoakTests {

	private static final Duration RESTARTS = Duration.ofSeconds(45);

	private static final int CALLS_PER_SECOND = 50;

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

	private int port;

	private DemoServer authorizationServer;

	private TypeScriptServer server;

	@BeforeEach
	void start() throws IOException {
		this.port = freePort();
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
		try (AgentApplication agent = AgentApplication.start(this.server.url(), this.store,
				"mcp.oauth.session.breaker-failures=1000000")) {
			agent.logIn();
			Disposable load = load(agent);
			disturb(duration);
			load.dispose();
		}
		report(duration);
		assertThat(this.failures).isEmpty();
		assertThat(this.results.sum()).isGreaterThan(this.calls.sum() * 9 / 10);
		assertFlat();
	}

	private static int freePort() throws IOException {
		try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return free.getLocalPort();
		}
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
			Process job = refreshJob();
			assertThat(job.waitFor(RESTARTS.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(job.exitValue()).as(Files.readString(jobOutput())).isZero();
			this.externalRefreshes++;
			this.restarts.incrementAndGet();
			this.server.kill();
			this.server = TypeScriptServer.start(this.authorizationServer.url(), this.port);
			this.restarts.incrementAndGet();
			Mono.delay(RESTARTS).block();
			sample();
		}
	}

	private Path jobOutput() {
		return this.store.resolveSibling("job.out");
	}

	private Process refreshJob() throws IOException {
		return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
				RefreshJob.class.getName(), this.server.url().toString(), this.store.toString())
			.redirectErrorStream(true)
			.redirectOutput(jobOutput().toFile())
			.start();
	}

	private void sample() {
		System.gc();
		this.samples.add(new Sample(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10,
				ManagementFactory.getThreadMXBean().getThreadCount()));
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
			assertThat(average(last, Sample::threads)).isLessThan(average(middle, Sample::threads) + 3);
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
		lines.add("token requests: " + this.authorizationServer.stats().tokenRequests());
		lines.add("heap after a collection in KiB and threads: " + this.samples);
		this.failures.stream()
			.collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()))
			.forEach((failure, count) -> lines.add("failed %d times: %s".formatted(count, failure)));
		Files.write(Path.of("target/soak.txt"), lines, StandardCharsets.UTF_8);
	}

	/**
	 * What the process was at some point.
	 *
	 * @param heap used heap in KiB
	 * @param threads number of threads
	 */
	private record Sample(long heap, int threads) {

	}

}
