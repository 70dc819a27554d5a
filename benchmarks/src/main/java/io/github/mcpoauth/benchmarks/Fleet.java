// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.benchmarks.FleetDatabase.Usage;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;

import org.springframework.util.FileSystemUtils;

/**
 * Very many nodes share grants in one database. The nodes are managers with stores and
 * connections of their own, in a few processes. Each grant expires once, and all nodes
 * need its new token at that moment.
 */
final class Fleet implements Part {

	static final String NAME = "fleet";

	private static final int NODES_OF_A_PROCESS = 250;

	private static final int DELAY_MILLIS = 100;

	private static final Duration BETWEEN_EXPIRIES = Duration.ofHours(1);

	private final List<Integer> sizes = Stream.of(System.getProperty("fleet.nodes", "10,100,1000").split(","))
		.map(Integer::valueOf)
		.toList();

	/**
	 * One more, with whose expiry the processes load their classes.
	 */
	private final int grants = Integer.getInteger("fleet.grants", 100) + 1;

	private final int seconds = Integer.getInteger("fleet.seconds", 180);

	static String server(int grant) {
		return "grant" + grant;
	}

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "store", "when", "token requests for each expiry",
				"a node waits, median, ms", "p99, ms", "longest, ms", "asked again", "statements of a node",
				"connections", "under way, peak", "locks, peak", "waited for, peak", "");
		for (FleetDatabase.Kind kind : FleetDatabase.Kind.values()) {
			for (int nodes : this.sizes) {
				measure(results, kind, nodes);
			}
		}
		return results;
	}

	private void measure(Results results, FleetDatabase.Kind kind, int nodes) throws Exception {
		Path directory = Directories.create();
		try (FleetDatabase database = kind.start(directory, nodes);
				Load load = Load.start();
				Nodes fleet = new Nodes(kind, nodes, database, load)) {
			Rows rows = new Rows(results, kind.title(), nodes, fleet);
			rows.rest();
			fleet.expire(0, Trouble.NOTHING);
			int last = this.grants - 3;
			rows.expiries("%d expiries".formatted(last - 1), 1, last, Trouble.NOTHING);
			rows.expiries("a node is killed", last, last + 1, Trouble.KILLED);
			rows.expiries("a node is paused", last + 1, last + 2, Trouble.PAUSED);
			rows.expiries("the database restarts", last + 2, last + 3, Trouble.RESTART);
		}
		finally {
			FileSystemUtils.deleteRecursively(directory);
		}
	}

	/**
	 * The trouble that comes while all nodes wait for a new token.
	 */
	private enum Trouble {

		NOTHING, KILLED, PAUSED, RESTART

	}

	/**
	 * The rows of one kind of database.
	 */
	private final class Rows {

		private final Results results;

		private final String title;

		private final int nodes;

		private final Nodes fleet;

		Rows(Results results, String title, int nodes, Nodes fleet) {
			this.results = results;
			this.nodes = nodes;
			this.title = "%s, %d nodes".formatted(title, nodes);
			this.fleet = fleet;
		}

		void rest() throws IOException, InterruptedException {
			// The records were read one after the other, and are looked at together soon
			this.fleet.tell("use " + Fleet.this.seconds / 2, "used");
			try (Watch watch = new Watch(this.fleet.database)) {
				this.fleet.tell("use " + Fleet.this.seconds, "used");
				double perMinute = watch.statements() / (double) this.nodes / (Fleet.this.seconds / 60.0);
				row("at rest, statements a minute", "", List.of(), 0, perMinute, watch.peak(), perMinute <= 1);
			}
		}

		void expiries(String when, int from, int to, Trouble trouble) throws IOException, InterruptedException {
			List<Double> millis = new ArrayList<>();
			List<Integer> requests = new ArrayList<>();
			int failures = 0;
			try (Watch watch = new Watch(this.fleet.database)) {
				for (int grant = from; grant < to; grant++) {
					for (String served : this.fleet.expire(grant, trouble)) {
						List<Double> numbers = Stream.of(served.split(" ")).map(Double::valueOf).toList();
						failures += numbers.get(0).intValue();
						millis.addAll(numbers.subList(1, numbers.size()));
					}
					requests.add(this.fleet.load.counts(server(grant)).tokenRequests());
				}
				Samples waits = Samples.of(millis);
				Samples asked = this.results.keep("%s, %s, token requests".formatted(this.title, when),
						Samples.of(requests));
				boolean once = asked.lowest() == 1 && asked.highest() == 1;
				row(when, once ? "1" : asked.text(0), millis, failures,
						watch.statements() / (double) this.nodes / (to - from), watch.peak(),
						once && waits.quantile(0.99) <= 2_000);
			}
		}

		private void row(String when, String requests, List<Double> millis, int failures, double statements, Usage peak,
				boolean met) {
			Samples waits = Samples.of(millis);
			List<String> times = Stream.of(0.5, 0.99, 1.0)
				.map((share) -> millis.isEmpty() ? "" : "%.0f".formatted(waits.quantile(share)))
				.toList();
			if (!millis.isEmpty()) {
				this.results.keep("%s, %s, a node waits, p99, ms".formatted(this.title, when),
						new Samples(waits.quantile(0.99)));
			}
			this.results.row(this.title, when, requests, times.get(0), times.get(1), times.get(2),
					Integer.toString(failures), "%.2f".formatted(statements), Integer.toString(peak.connections()),
					Integer.toString(peak.active()), Integer.toString(peak.locks()), Integer.toString(peak.waiting()),
					Results.met(met));
		}

	}

	/**
	 * Looks at the database all the while.
	 */
	private static final class Watch implements AutoCloseable {

		private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

		private final Future<?> looking;

		private final FleetDatabase database;

		private final Usage before;

		private volatile Usage peak;

		Watch(FleetDatabase database) {
			this.database = database;
			this.before = database.usage();
			this.peak = this.before;
			this.looking = this.clock.scheduleWithFixedDelay(this::look, 50, 50, TimeUnit.MILLISECONDS);
		}

		private void look() {
			try {
				// By one thread
				this.peak = this.peak.most(this.database.usage());
			}
			catch (RuntimeException ex) {
				System.err.println("The database does not answer: " + ex.getMessage());
			}
		}

		/**
		 * How many statements there were. A restart may begin the count anew.
		 */
		long statements() {
			long now = this.database.usage().statements();
			return (now >= this.before.statements()) ? now - this.before.statements() : now;
		}

		Usage peak() {
			return this.peak;
		}

		@Override
		public void close() {
			this.looking.cancel(false);
			this.clock.shutdownNow();
		}

	}

	/**
	 * The processes of the nodes. The last two are a node each, for the trouble.
	 */
	private final class Nodes implements AutoCloseable {

		private final List<JavaProcess> processes = new ArrayList<>();

		private final FleetDatabase database;

		private final Load load;

		Nodes(FleetDatabase.Kind kind, int nodes, FleetDatabase database, Load load)
				throws IOException, InterruptedException {
			this.database = database;
			this.load = load;
			URI base = load.url(server(0)).resolve("/");
			login(kind);
			for (int left = nodes; left > 0;) {
				int some = (left > 2) ? Math.min(NODES_OF_A_PROCESS, left - 2) : 1;
				this.processes.add(JavaProcess.start(FleetProcess.class, kind.name(), database.address(),
						Integer.toString(some), Integer.toString(Fleet.this.grants), base.toString()));
				left -= some;
			}
			await(this.processes, "ready");
			tell("warm", "warm");
		}

		/**
		 * One grant expires after the other.
		 */
		private void login(FleetDatabase.Kind kind) {
			WorkThreads threads = WorkThreads.platform();
			try (FleetDatabase.Nodes stores = kind.nodes(this.database.address())) {
				TokenStore store = stores.open(threads);
				Instant now = Instant.now();
				for (int grant = 0; grant < Fleet.this.grants; grant++) {
					this.load.expect(server(grant),
							"delay=%d&lifetime=%d".formatted(DELAY_MILLIS, Starter.FOREVER.toSeconds()));
					Tokens tokens = this.load.login(server(grant));
					store
						.save(GrantKey.of(server(grant)),
								Grant.with(Secret.of(tokens.access()))
									.refreshToken(Secret.of(tokens.refresh()))
									.issuedAt(now)
									.expiresAt(now.plus(BETWEEN_EXPIRIES.multipliedBy(grant + 1)))
									.clientId("benchmark")
									.tokenEndpoint(tokens.endpoint())
									.generation(1)
									.build(),
								null)
						.block(Patience.LONG);
				}
			}
			threads.close();
		}

		void tell(String command, String answer) throws IOException, InterruptedException {
			for (JavaProcess process : this.processes) {
				process.tell(command);
			}
			await(this.processes, answer);
		}

		/**
		 * Let a grant expire, and all nodes ask for its token.
		 * @return what the processes say
		 */
		List<String> expire(int grant, Trouble trouble) throws IOException, InterruptedException {
			JavaProcess last = this.processes.get(this.processes.size() - 1);
			if (trouble == Trouble.PAUSED) {
				last.signal("STOP");
			}
			String command = "expire %s %d".formatted(BETWEEN_EXPIRIES.multipliedBy(grant + 1).plusSeconds(1), grant);
			for (JavaProcess process : this.processes) {
				process.tell(command);
			}
			switch (trouble) {
				case KILLED -> {
					last.signal("KILL");
					this.processes.remove(last);
				}
				case RESTART -> this.database.restart();
				default -> {
				}
			}
			if (trouble == Trouble.PAUSED) {
				List<String> served = await(this.processes.subList(0, this.processes.size() - 1), "served");
				last.signal("CONT");
				served.add(last.await("served"));
				return served;
			}
			return await(this.processes, "served");
		}

		private List<String> await(List<JavaProcess> some, String word) throws InterruptedException {
			List<String> answers = new ArrayList<>();
			for (JavaProcess process : some) {
				answers.add(process.await(word, Patience.LONG.multipliedBy(10)));
			}
			return answers;
		}

		@Override
		public void close() throws IOException {
			for (JavaProcess process : this.processes) {
				process.close();
			}
		}

	}

}
