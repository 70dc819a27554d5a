// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Eight agents whose store fails over to a replica: at a random instant, and between an
 * answer of the authorization server and its way to the replica.
 */
@Tag("failover")
class FailoverTests {

	private static final long SEED = Long.getLong("cluster.seed", 20300105);

	private static final Duration PATIENCE = Duration.ofMinutes(10);

	@TempDir
	private static Path directory;

	private final Random random = new Random(SEED);

	private long round;

	static Stream<ReplicatedStore> stores() {
		return Stream.of(new ReplicatedPostgres(directory.resolve("asynchronous"), false),
				new ReplicatedPostgres(directory.resolve("synchronous"), true),
				new ReplicatedRedis(directory.resolve("redis"), false),
				new ReplicatedRedis(directory.resolve("redis-with-replica"), true));
	}

	@ParameterizedTest
	@MethodSource("stores")
	@DisplayName("The store fails over while eight processes refresh")
	void callWhenAReplicaIsPromotedGoesOn(ReplicatedStore store) {
		try (store; SpringAuthorizationServer server = SpringAuthorizationServer.start(Duration.ofHours(1))) {
			List<String> properties = store.start();
			try (TokenGate gate = TokenGate.before(server.mcpUrl());
					Agents agents = Agents.start(ClusterTestBase.AGENTS,
							URI.create("http://127.0.0.1:%d/mcp".formatted(gate.port())), properties)) {
				agents.logIn(0, server);
				assertThat(lost(agents, server)).isZero();
				this.round++;
				agents.running().forEach((agent) -> agent.send("call " + this.round));
				LockSupport.parkNanos(this.random.nextLong(TimeUnit.MILLISECONDS.toNanos(100)));
				store.failOver();
				agents.running().forEach((agent) -> agent.await("^@call:? (.*)"));
				int first = lost(agents, server);
				store.replicate();
				assertThat(lost(agents, server)).isZero();
				this.round++;
				TokenGate.Held answer = gate.hold();
				agents.get(0).send("call " + this.round);
				answer.awaitAnswer();
				store.lag();
				answer.release();
				if (!store.keepsAll()) {
					ClusterTestBase.isOk(agents.get(0).await("^@call:? (.*)"));
				}
				store.failOver();
				if (store.keepsAll()) {
					agents.get(0).await("^@call:? (.*)");
				}
				int second = lost(agents, server);
				Figures.add("| %s | logins lost of a failover at a random instant, seed %d | %d |"
					.formatted(store.title(), SEED, first));
				Figures.add("| %s | logins lost of a failover before the replica has the tokens | %d |"
					.formatted(store.title(), second));
				if (store.keepsAll()) {
					assertThat(second).isZero();
				}
			}
		}
	}

	/**
	 * Let tokens expire until every agent has a new one, with a login if that is
	 * required.
	 * @return the number of logins
	 */
	private int lost(Agents agents, SpringAuthorizationServer server) {
		int lost = 0;
		boolean loggedIn = false;
		long started = System.nanoTime();
		List<String> answers = callAll(agents);
		while (!answers.stream().allMatch((answer) -> answer.startsWith("ok "))) {
			assertThat(Duration.ofNanos(System.nanoTime() - started)).as("%s", answers).isLessThan(PATIENCE);
			boolean loginRequired = answers.stream().anyMatch(FailoverTests::isLoginRequired);
			// A new login is told to the others once they hear the new primary
			if (loginRequired && !loggedIn) {
				lost++;
				agents.logIn(0, server);
			}
			loggedIn = loginRequired;
			answers = callAll(agents);
		}
		return lost;
	}

	private static boolean isLoginRequired(String answer) {
		return answer.startsWith("failed LoginRequiredException");
	}

	private List<String> callAll(Agents agents) {
		return agents.all("call " + ++this.round);
	}

}
