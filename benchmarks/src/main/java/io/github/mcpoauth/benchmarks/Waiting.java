// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Requests at a steady rate while their token is renewed again and again, and in between
 * as many for a server with an unchanged token: both see the same machine.
 */
final class Waiting implements Part {

	static final String NAME = "waiting";

	private static final int RENEWALS = 100;

	private static final int LIFETIME_SECONDS = 10;

	private static final long PERIOD_MICROS = 2_000;

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "token", "requests", "renewals", "median, us", "p99, us", "p99.9, us",
				"longest, us", "waited for another thread", "");
		try (Load load = Load.start()) {
			Map<String, URI> urls = Map.of("renewed", load.url("renewed"), "steady", load.url("steady"));
			load.expect("renewed", "lifetime=" + LIFETIME_SECONDS);
			try (Starter starter = Starter.withFiles(urls, Map.of())) {
				starter.login("renewed", load.login("renewed"), Duration.ofSeconds(LIFETIME_SECONDS));
				starter.login("steady", load.login("steady"), Starter.FOREVER);
				Caller renewed = new Caller(starter.filter(), load.url("renewed"));
				Caller steady = new Caller(starter.filter(), load.url("steady"));
				run(load, renewed, steady);
				int renewals = load.counts("renewed").tokenRequests();
				Samples paused = row(results, "stays", steady, 0);
				Samples measured = Samples.of(renewed.micros);
				boolean met = measured.quantile(0.999) <= paused.quantile(0.999) + 1_000;
				row(results, "lives for %d s".formatted(LIFETIME_SECONDS), renewed, renewals, met);
			}
		}
		return results;
	}

	private static void run(Load load, Caller renewed, Caller steady) throws InterruptedException {
		for (int warmUp = 0; warmUp < 20_000; warmUp++) {
			renewed.call(false);
			steady.call(false);
		}
		ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
		CountDownLatch done = new CountDownLatch(1);
		AtomicInteger ticks = new AtomicInteger();
		Future<?> ticking = clock.scheduleAtFixedRate(() -> {
			int tick = ticks.incrementAndGet();
			Caller first = (tick % 2 == 0) ? renewed : steady;
			first.call(true);
			((first == renewed) ? steady : renewed).call(true);
			if (tick % 1_000 == 0 && load.counts("renewed").tokenRequests() >= RENEWALS) {
				done.countDown();
			}
		}, 0, PERIOD_MICROS, TimeUnit.MICROSECONDS);
		boolean ended = done.await(2L * RENEWALS * LIFETIME_SECONDS, TimeUnit.SECONDS);
		ticking.cancel(false);
		clock.shutdown();
		if (!ended) {
			throw new IllegalStateException("The token is not renewed");
		}
	}

	private static Samples row(Results results, String title, Caller caller, int renewals) {
		row(results, title, caller, renewals, null);
		return Samples.of(caller.micros);
	}

	private static void row(Results results, String title, Caller caller, int renewals, @Nullable Boolean met) {
		Samples micros = Samples.of(caller.micros);
		for (double share : List.of(0.5, 0.99, 0.999, 1d)) {
			results.keep("%s, quantile %s, us".formatted(title, share), new Samples(micros.quantile(share)));
		}
		results.row(title, Integer.toString(micros.count()), Integer.toString(renewals), text(micros, 0.5),
				text(micros, 0.99), text(micros, 0.999), text(micros, 1), Integer.toString(caller.elsewhere.get()),
				(met != null) ? Results.met(met) : "");
	}

	private static String text(Samples micros, double share) {
		return "%.1f".formatted(micros.quantile(share));
	}

	/**
	 * Makes requests and sees how long the filter keeps them.
	 */
	private static final class Caller {

		private final List<Double> micros = new ArrayList<>();

		private final AtomicInteger elsewhere = new AtomicInteger();

		private final ExchangeFilterFunction filter;

		private final ClientRequest request;

		private final Mono<ClientResponse> answer = Mono.just(ClientResponse.create(HttpStatus.OK).build());

		Caller(ExchangeFilterFunction filter, URI url) {
			this.filter = filter;
			this.request = ClientRequest.create(HttpMethod.POST, url).build();
		}

		void call(boolean counts) {
			long began = System.nanoTime();
			Thread caller = Thread.currentThread();
			this.filter.filter(this.request, (request) -> {
				if (counts) {
					record((System.nanoTime() - began) / 1e3, caller);
				}
				return this.answer;
			}).block(Patience.LONG);
		}

		private synchronized void record(double micros, Thread caller) {
			this.micros.add(micros);
			if (Thread.currentThread() != caller) {
				this.elsewhere.incrementAndGet();
			}
		}

	}

}
