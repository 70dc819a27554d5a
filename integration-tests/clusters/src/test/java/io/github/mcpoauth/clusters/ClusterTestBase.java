// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

import io.github.mcpoauth.fixtures.ChildProcess;
import io.github.mcpoauth.fixtures.SpringAuthorizationServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What eight agents go through that share one login, at an authorization server that
 * rotates refresh tokens and revokes all when it sees one twice. An expiry is a round:
 * every agent puts its clock forward and calls a tool.
 */
@Tag("cluster")
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
abstract class ClusterTestBase {

	static final int AGENTS = 8;

	static final int ROUNDS = Integer.getInteger("cluster.rounds", 200);

	/**
	 * With each of the five stores: more than 200 SIGTERMs for 200 rounds.
	 */
	private static final int TERMINATIONS = ROUNDS / 5 + 1;

	private static final long SEED = Long.getLong("cluster.seed", 20300104);

	/**
	 * The exit code after a SIGTERM.
	 */
	private static final int TERMINATED = 143;

	/**
	 * So many must be there before the next one is killed.
	 */
	private static final int ENOUGH = 4;

	private static final String NOBODY = "failed: no user has logged in";

	private static final String OUTCOME_UNKNOWN = "after an earlier refresh whose outcome is unknown";

	/**
	 * How calls fail while the note of another process is young.
	 */
	static final Pattern NOT_YET = Pattern.compile(
			"^failed TransientAuthorizationException: .* (another process began to renew its token, and has stored no result"
					+ "|its token is still being renewed after)");

	/**
	 * More than the age up to which a note is waited for, which is 15 s here.
	 */
	private static final Duration NOTE_IS_OLD = Duration.ofSeconds(90);

	/**
	 * Longer than processes take to learn of a change, on a busy machine.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final Duration TELLING = Duration.ofSeconds(10);

	private final Random random = new Random(SEED);

	private final ClusterStore store;

	private long round;

	SpringAuthorizationServer server;

	TokenGate gate;

	Agents agents;

	ClusterTestBase(ClusterStore store) {
		this.store = store;
	}

	@BeforeAll
	void start() {
		List<String> properties = this.store.start();
		this.server = SpringAuthorizationServer.start(Duration.ofHours(1));
		this.gate = TokenGate.before(this.server.mcpUrl());
		URI mcpUrl = URI.create("http://127.0.0.1:%d/mcp".formatted(this.gate.port()));
		this.agents = Agents.start(AGENTS, mcpUrl, properties);
	}

	@AfterAll
	void stop() {
		if (this.agents != null) {
			this.agents.close();
		}
		if (this.gate != null) {
			this.gate.close();
		}
		if (this.server != null) {
			this.server.close();
		}
		this.store.stop();
	}

	@Test
	@Order(1)
	@DisplayName("F4 a login in one process ends the needs-login state of all")
	void loginWhenDoneInOneProcessIsUsedByAll() {
		assertThat(callAll()).hasSize(AGENTS).containsOnly(NOBODY);
		assertThat(this.agents.all("status")).allSatisfy((status) -> assertThat(status).startsWith("LOGIN_REQUIRED"));
		logIn(0);
		assertThat(callAll()).hasSize(AGENTS).allSatisfy(ClusterTestBase::isOk);
		assertThat(this.agents.all("status")).allSatisfy((status) -> assertThat(status).startsWith("AUTHORIZED"));
		assertThat(this.server.tokenRequests("authorization_code")).isEqualTo(1);
	}

	@Test
	@Order(2)
	@DisplayName("F1 8 processes: one token request for each of 200 expiries, none refused, no call fails")
	void callWhenTokensExpireAsksOnceForAllProcesses() {
		Requests before = requests();
		List<Long> waited = new ArrayList<>();
		for (int i = 0; i < ROUNDS; i++) {
			List<String> answers = expireAndCallAll();
			assertThat(answers).hasSize(AGENTS).allSatisfy(ClusterTestBase::isOk);
			answers.forEach((answer) -> waited.add(Long.valueOf(answer.substring("ok ".length()))));
		}
		assertThat(requests().since(before)).isEqualTo(new Requests(ROUNDS, 0, ROUNDS));
		Figures.times(this.store.title(), "contended refresh", waited);
	}

	@Test
	@Order(3)
	@DisplayName("F1 with a process killed in every tenth expiry, the others go on")
	void callWhenProcessesAreKilledLosesOnlyWhatWasInFlight() {
		int lost = 0;
		int killed = 0;
		for (int i = 1; i <= ROUNDS; i++) {
			boolean kill = i % 10 == 0;
			this.agents.awaitAtLeast(kill ? ENOUGH : 1);
			Requests before = requests();
			List<String> answers = kill ? whenNoteIsOld(expireAndKillOne()) : expireAndCallAll();
			Requests made = requests().since(before);
			killed += kill ? 1 : 0;
			if (answers.stream().allMatch((answer) -> answer.startsWith("ok "))) {
				assertThat(made).isEqualTo(new Requests(1, 0, 1));
				continue;
			}
			// The server had answered, and the answer died with the process
			assertThat(kill).as("round %d: %s", i, answers).isTrue();
			assertThat(made).isEqualTo(new Requests(1, 1, 2));
			isLost(answers);
			lost++;
			logIn(0);
		}
		assertThat(killed).isEqualTo(ROUNDS / 10);
		Figures.add("| %s | logins lost of %d kills | %d |".formatted(this.store.title(), killed, lost));
	}

	@Test
	@Order(4)
	@DisplayName("F1, X26: a process killed between the server's answer and the write loses its login; all know why, and none asks again")
	void callWhenTheAnswerDiesWithItsProcessSaysThatTheOutcomeIsUnknown() {
		this.agents.awaitAtLeast(2);
		this.round++;
		Requests before = requests();
		TokenGate.Held answer = this.gate.hold();
		ChildProcess victim = this.agents.remove(0);
		victim.send("call " + this.round);
		answer.awaitAnswer();
		victim.kill();
		victim.awaitEnd();
		answer.release();
		isLost(whenNoteIsOld(callAll()));
		assertThat(requests().since(before)).isEqualTo(new Requests(1, 1, 2));
		assertThat(expireAndCallAll()).allSatisfy((text) -> assertThat(text).contains(OUTCOME_UNKNOWN));
		int newest = this.agents.size();
		this.agents.startOne();
		this.agents.awaitAtLeast(newest + 1);
		// It learns from the first call that the server takes the access token no more
		assertThat(this.agents.one(newest, call())).contains(OUTCOME_UNKNOWN);
		assertThat(this.agents.one(newest, "status")).startsWith("LOGIN_REQUIRED");
		assertThat(requests().since(before)).isEqualTo(new Requests(1, 1, 2));
		logIn(0);
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
	}

	@Test
	@Order(7)
	@DisplayName("X1, law 19: SIGTERM at random instants of processes that refresh loses no login")
	void renewWhenProcessesAreTerminatedLosesNoLogin() {
		Requests before = requests();
		for (int i = 1; i <= TERMINATIONS; i++) {
			this.agents.awaitAtLeast(2);
			ChildProcess victim = this.agents.remove(this.random.nextInt(this.agents.size()));
			ChildProcess other = this.agents.get(this.random.nextInt(this.agents.size()));
			List.of(victim, other).forEach((agent) -> agent.send("renew"));
			List.of(victim, other).forEach((agent) -> agent.await("^@renewing"));
			long nanos = this.random.nextLong(TimeUnit.MILLISECONDS.toNanos(100));
			String description = "SIGTERM %d after %d us, seed %d".formatted(i, nanos / 1000, SEED);
			LockSupport.parkNanos(nanos);
			victim.terminate();
			assertThat(victim.awaitEnd()).as(description).isEqualTo(TERMINATED);
			victim.close();
			this.agents.startOne();
			other.send("status");
			other.await("^@renew (.*)");
			// On a busy machine a call may end at a deadline first; a lost login stays
			// lost
			Awaitility.await()
				.atMost(Duration.ofMinutes(5))
				.untilAsserted(() -> assertThat(expireAndCallAll()).as(description).allSatisfy(ClusterTestBase::isOk));
		}
		Requests made = requests().since(before);
		assertThat(made).isEqualTo(new Requests(made.all(), 0, made.all()));
		Figures
			.add("| %s | logins lost of %d SIGTERMs, seed %d | 0 |".formatted(this.store.title(), TERMINATIONS, SEED));
	}

	@Test
	@Order(8)
	void tokenWhenRenewedInOneProcessIsSoonUsedByAnother() {
		this.agents.awaitAtLeast(2);
		List<Long> lags = new ArrayList<>();
		for (int i = 0; i < ROUNDS / 2; i++) {
			ChildProcess watcher = this.agents.get(1);
			watcher.send("watch");
			watcher.await("^@watching");
			String stored = this.agents.one(0, "refresh");
			String seen = watcher.await("^@watch:? (.*)");
			assertThat(List.of(stored, seen)).allSatisfy(ClusterTestBase::isOk);
			lags.add(Math.max(0, micros(seen) - micros(stored)));
		}
		Figures.times(this.store.title(), "freshness lag", lags);
	}

	@Test
	@Order(9)
	@DisplayName("X25: two processes have a client refused, the login of a third registers anew, and a fourth calls")
	void loginWhenTheClientWasRefusedInTwoProcessesRegistersAnew() {
		this.agents.awaitAtLeast(4);
		String refused = clientId(logIn(3));
		expire();
		awaitRefusedClient(0, "answered 'invalid_client'");
		// The second refusal counts if it comes some seconds later
		awaitRefusedClient(1, "LoginRequiredException");
		assertThat(clientId(logIn(2))).isNotEqualTo(refused);
		assertThat(this.agents.one(3, call())).satisfies(ClusterTestBase::isOk);
	}

	/**
	 * Let the authorization server refuse the client until a process says so.
	 */
	private void awaitRefusedClient(int agent, String answer) {
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
			this.gate.answer(TokenGate.TOKEN_REQUEST, "401 Unauthorized", "Cache-Control: no-store",
					"{\"error\":\"invalid_client\"}");
			assertThat(this.agents.one(agent, call())).contains(answer);
		});
	}

	private static String clientId(URI authorization) {
		return authorization.getQuery().replaceFirst(".*client_id=([^&]*).*", "$1");
	}

	@Test
	@Order(10)
	@DisplayName("F30 a logout in one process stops the others, and so does a removal")
	void logoutWhenDoneInOneProcessStopsAll() {
		this.agents.awaitAtLeast(3);
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
		assertThat(this.agents.one(0, "logout")).isEqualTo("true");
		awaitKnown(() -> assertThat(callAll()).containsOnly(NOBODY));
		logIn(1);
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
		assertThat(this.agents.one(0, "remove")).isEqualTo("true");
		ChildProcess removed = this.agents.remove(0);
		assertThat(Agents.all(call(), List.of(removed))).singleElement().asString().contains("UnknownServerException");
		removed.close();
		awaitKnown(() -> assertThat(expireAndCallAll()).containsOnly(NOBODY));
	}

	@Test
	@Order(11)
	@DisplayName("X24: a call of one process meets a demand for scopes, and the login of another asks for them")
	void loginWhenAnotherProcessMetADemandAsksForItsScopes() {
		this.agents.awaitAtLeast(2);
		assertThat(logIn(0).getQuery()).doesNotContain("openid");
		this.gate.answer("POST /mcp ", "403 Forbidden",
				"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"mcp:tools openid\"", "{}");
		assertThat(this.agents.one(0, call())).contains("openid");
		this.agents.get(1).send("login");
		assertThat(URI.create(this.agents.get(1).await("^@url (.*)")).getQuery()).contains("openid");
	}

	/**
	 * Log in with one of them, until all know of it.
	 * @return where the user logged in
	 */
	final URI logIn(int index) {
		URI authorization = this.agents.logIn(index, this.server);
		awaitKnown(() -> assertThat(callAll()).allSatisfy(ClusterTestBase::isOk));
		return authorization;
	}

	/**
	 * Wait until all processes know something. A store that tells them takes some
	 * milliseconds for that, and far less than a look at the store takes to come.
	 */
	private void awaitKnown(Runnable known) {
		Awaitility.await().atMost(this.store.tellsChanges() ? TELLING : PATIENCE).untilAsserted(known::run);
	}

	/**
	 * Kill one of them while all want a new token.
	 */
	private List<String> expireAndKillOne() {
		this.round++;
		ChildProcess victim = this.agents.remove(this.random.nextInt(this.agents.size()));
		List<ChildProcess> others = this.agents.running();
		victim.send(call());
		others.forEach((other) -> other.send(call()));
		LockSupport.parkNanos(this.random.nextLong(TimeUnit.MILLISECONDS.toNanos(60)));
		victim.kill();
		List<String> answers = others.stream().map((other) -> other.await("^@call:? (.*)")).toList();
		victim.close();
		this.agents.startOne();
		return answers;
	}

	final List<String> expireAndCallAll() {
		this.round++;
		return callAll();
	}

	final List<String> callAll() {
		return this.agents.all(call());
	}

	final String call() {
		return "call " + this.round;
	}

	/**
	 * Let the tokens of all agents expire with their next call.
	 */
	final void expire() {
		this.round++;
	}

	static void isOk(String answer) {
		assertThat(answer).startsWith("ok ");
	}

	static void isLost(List<String> answers) {
		assertThat(answers).allSatisfy((answer) -> assertThat(answer).contains(OUTCOME_UNKNOWN));
	}

	/**
	 * A process that died or was paused during its exchange leaves a note, and the others
	 * wait until it is old. Then one of them tries, and all are told the result.
	 * @param first the answers to the first calls
	 * @return the first answers that are final
	 */
	final List<String> whenNoteIsOld(List<String> first) {
		List<String> answers = first;
		long started = System.nanoTime();
		while (answers.stream().anyMatch((answer) -> NOT_YET.matcher(answer).find())) {
			assertThat(Duration.ofNanos(System.nanoTime() - started)).as("%s", answers).isLessThan(NOTE_IS_OLD);
			answers = callAll();
		}
		return answers;
	}

	private static long micros(String answer) {
		return Long.parseLong(answer.substring("ok ".length()));
	}

	final Requests requests() {
		return new Requests(this.server.tokenRequests("refresh_token", "ok"),
				this.server.tokenRequests("refresh_token", "invalid_grant"),
				this.server.tokenRequests("refresh_token"));
	}

	/**
	 * Refreshes at the authorization server.
	 *
	 * @param ok how many were answered with tokens
	 * @param refused how many were answered with {@code invalid_grant}
	 * @param all how many there were
	 */
	record Requests(long ok, long refused, long all) {

		Requests since(Requests before) {
			return new Requests(this.ok - before.ok, this.refused - before.refused, this.all - before.all);
		}

	}

}
