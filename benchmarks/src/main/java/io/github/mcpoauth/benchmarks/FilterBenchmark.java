// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;
import reactor.util.context.Context;
import redis.embedded.RedisServer;

import org.springframework.util.FileSystemUtils;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Cost of a filter that gives a request its token, with a valid token in memory: the
 * exchange behind it is a stub.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FilterBenchmark {

	private static final String TOKEN = "eyJhbGciOiJSUzI1NiJ9.".repeat(20);

	private static final URI HOST = URI.create("https://mcp.example.com");

	private static final URI ELSEWHERE = URI.create("https://api.example.org/v1/things");

	private static final Tokens TOKENS = new Tokens(TOKEN, "refresh", HOST.resolve("/token"));

	private static URI url(int server) {
		return HOST.resolve("/s%d/mcp".formatted(server));
	}

	private static Map<String, URI> servers(int count) {
		Map<String, URI> servers = new LinkedHashMap<>();
		for (int server = 0; server < count; server++) {
			servers.put("s" + server, url(server));
		}
		return servers;
	}

	/**
	 * The least that can be done.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void constantHeader(ConstantHeader state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * No filter at all: the cost of the other code that a request passes through.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void nothing(Nothing state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * The starter as it is.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starter(SharedCheck state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * The starter with a look at the file for every request.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterCheckingAlways(CheckingAlways state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * Cost of a look at a file.
	 * @param state the file
	 * @return its attributes
	 */
	@Benchmark
	public Object stat(StatedFile state) {
		return state.reader.get();
	}

	/**
	 * The least that can be done if every request looks at a file.
	 * @param state the filter and the file
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void constantHeaderAfterStat(StatedFile state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * The starter with grants in PostgreSQL.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterJdbc(Jdbc state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * The starter with grants in Redis.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterRedis(Redis state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * A request with a token that is bound to a key.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterDPoP(DPoP state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * The signature of such a request, and nothing else.
	 * @param state the key and what is signed
	 * @return the signature
	 * @throws GeneralSecurityException if the JDK cannot sign
	 */
	@Benchmark
	public Object signature(Signing state) throws GeneralSecurityException {
		return state.sign();
	}

	/**
	 * A request of one of many principals, all of them in memory.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterPrincipals(Principals state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * Spring Security in a reactive application.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void springSecurity(SpringSecurity state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * Spring Security in a servlet application.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void springSecurityServlet(SpringSecurityServlet state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * A request to an address outside the servers.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterElsewhere(Elsewhere state, Blackhole blackhole) {
		state.elsewhere.perform(blackhole);
	}

	/**
	 * A request to the last of many servers.
	 * @param state the filter
	 * @param blackhole takes the response
	 */
	@Benchmark
	public void starterAmongMany(Many state, Blackhole blackhole) {
		state.call.perform(blackhole);
	}

	/**
	 * A filter that never changes the token.
	 */
	@State(Scope.Benchmark)
	public static class ConstantHeader {

		final FilterCall call = new FilterCall(Peers.constantHeader(TOKEN), url(0));

	}

	/**
	 * No filter.
	 */
	@State(Scope.Benchmark)
	public static class Nothing {

		final FilterCall call = new FilterCall((request, next) -> next.exchange(request), ELSEWHERE);

	}

	/**
	 * A file.
	 */
	@State(Scope.Benchmark)
	public static class StatedFile {

		private final Path directory = Directories.create();

		private final AtomicReference<Path> file = new AtomicReference<>(this.directory);

		final Supplier<BasicFileAttributes> reader = reader(this.file);

		final FilterCall call = new FilterCall(Peers.constantHeaderAfter(TOKEN, this.reader), url(0));

		/**
		 * Create the file.
		 * @throws IOException if that fails
		 */
		@Setup
		public void create() throws IOException {
			this.file.set(Files.writeString(this.directory.resolve("s0.json"), TOKEN));
		}

		private static Supplier<BasicFileAttributes> reader(AtomicReference<Path> file) {
			return () -> {
				try {
					return Files.readAttributes(file.get(), BasicFileAttributes.class);
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			};
		}

		/**
		 * Delete the file.
		 */
		@TearDown
		public void delete() {
			FileSystemUtils.deleteRecursively(this.directory.toFile());
		}

	}

	/**
	 * Something with an application.
	 */
	@State(Scope.Benchmark)
	@SuppressWarnings("NullAway.Init") // by JMH
	public abstract static class WithStarter {

		private Starter starter;

		FilterCall call;

		FilterCall elsewhere;

		/**
		 * Start the application and use its filter once.
		 * @param blackhole takes the response
		 * @throws IOException if a server does not start
		 */
		@Setup
		public void start(Blackhole blackhole) throws IOException {
			this.starter = create();
			ExchangeFilterFunction filter = this.starter.filter();
			int last = this.starter.manager().servers().size() - 1;
			this.starter.login("s" + last, TOKENS, Starter.FOREVER);
			this.call = new FilterCall(filter, url(last)).checked(blackhole, "Bearer " + TOKEN);
			this.elsewhere = new FilterCall(filter, ELSEWHERE).checked(blackhole, null);
		}

		abstract Starter create() throws IOException;

		final Starter starter() {
			return this.starter;
		}

		/**
		 * Stop the application.
		 * @throws IOException if a server does not stop
		 */
		@TearDown
		public void stop() throws IOException {
			this.starter.close();
		}

	}

	/**
	 * The starter as it is.
	 */
	public static class SharedCheck extends WithStarter {

		@Override
		Starter create() {
			return Starter.withFiles(servers(1), Map.of());
		}

	}

	/**
	 * The starter, always looking.
	 */
	public static class CheckingAlways extends WithStarter {

		@Override
		Starter create() {
			return Starter.withFiles(servers(1), Map.of("mcp.oauth.timeout.freshness-check", "0"));
		}

	}

	/**
	 * The starter, with a hundred servers.
	 */
	public static class Elsewhere extends WithStarter {

		@Override
		Starter create() {
			return Starter.withFiles(servers(100), Map.of());
		}

	}

	/**
	 * The starter, with any number of servers on one host and a grant for each.
	 */
	public static class Many extends WithStarter {

		/**
		 * How many.
		 */
		@Param({ "1", "100", "10000" })
		public int servers;

		@Override
		Starter create() {
			return Starter.withFiles(servers(this.servers), Map.of());
		}

		@Override
		public void start(Blackhole blackhole) throws IOException {
			super.start(blackhole);
			starter().loginToAll(TOKENS);
			starter().useAll();
		}

	}

	/**
	 * The starter, with PostgreSQL.
	 */
	@SuppressWarnings("NullAway.Init") // by JMH
	public static class Jdbc extends WithStarter {

		private EmbeddedPostgres postgres;

		@Override
		Starter create() throws IOException {
			this.postgres = EmbeddedPostgres.start();
			return Starter.withJdbc(servers(1), this.postgres.getJdbcUrl("postgres", "postgres"), Map.of());
		}

		@Override
		public void stop() throws IOException {
			super.stop();
			this.postgres.close();
		}

	}

	/**
	 * The starter, with a token that is bound to a key.
	 */
	public static class DPoP extends WithStarter {

		@Override
		Starter create() {
			return Starter.withFiles(servers(1), Map.of());
		}

		@Override
		public void start(Blackhole blackhole) throws IOException {
			super.start(blackhole);
			Secret key = DPoPKey.generate("ES256", Clock.systemUTC()).toSecret();
			starter().login(GrantKey.of("s0"), TOKENS, Starter.FOREVER, key);
			this.call.checked(blackhole, "DPoP " + TOKEN);
		}

	}

	/**
	 * The header and the claims of a proof, and a key of the JDK's provider.
	 */
	@State(Scope.Benchmark)
	@SuppressWarnings("NullAway.Init") // by JMH
	public static class Signing {

		private final byte[] content = "a".repeat(460).getBytes(StandardCharsets.US_ASCII);

		private PrivateKey key;

		/**
		 * Make the key.
		 * @throws GeneralSecurityException if the JDK cannot do so
		 */
		@Setup
		public void generate() throws GeneralSecurityException {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
			generator.initialize(new ECGenParameterSpec("secp256r1"));
			this.key = generator.generateKeyPair().getPrivate();
		}

		byte[] sign() throws GeneralSecurityException {
			Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
			signature.initSign(this.key);
			signature.update(this.content);
			return signature.sign();
		}

	}

	/**
	 * The starter, with ten thousand principals.
	 */
	public static class Principals extends WithStarter {

		private final List<Context> contexts = Users.contexts();

		private int most = this.contexts.size();

		private int next;

		@Override
		Starter create() {
			return Starter.withFiles(servers(1), Users.PROPERTIES);
		}

		@Override
		public void start(Blackhole blackhole) throws IOException {
			super.start(blackhole);
			starter().loginAll("s0", Users.NAMES);
			this.call.in(() -> this.contexts.get(this.next++ % this.most));
			this.contexts.forEach((context) -> this.call.checked(blackhole, "Bearer " + TOKEN));
			// As few as take turns within the time that requests share a look at a file
			this.most = 10;
		}

	}

	/**
	 * The starter, with Redis.
	 */
	@SuppressWarnings("NullAway.Init") // by JMH
	public static class Redis extends WithStarter {

		private RedisServer redis;

		@Override
		Starter create() throws IOException {
			this.redis = RedisServer.newRedisServer().port(Ports.free()).bind("127.0.0.1").build();
			this.redis.start();
			return Starter.withRedis(servers(1), this.redis.ports().get(0));
		}

		@Override
		public void stop() throws IOException {
			super.stop();
			this.redis.stop();
		}

	}

	/**
	 * Spring Security in a reactive application.
	 */
	@State(Scope.Benchmark)
	public static class SpringSecurity {

		final FilterCall call = new FilterCall(Peers.springSecurity(TOKENS), url(0));

	}

	/**
	 * Spring Security in a servlet application.
	 */
	@State(Scope.Benchmark)
	public static class SpringSecurityServlet {

		final FilterCall call = new FilterCall(Peers.springSecurityServlet(TOKENS), url(0));

	}

}
