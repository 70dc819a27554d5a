// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.time.Duration;
import java.util.List;

import io.github.mcpoauth.fixtures.ChildProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What agents go through whose grants are on a server.
 */
abstract class ServerClusterTestBase extends ClusterTestBase {

	private final ClusterStore.WithServer store;

	ServerClusterTestBase(ClusterStore.WithServer store) {
		super(store);
		this.store = store;
	}

	@Test
	@Order(5)
	@DisplayName("The store's server stops and starts: live tokens are used, refreshes resume, nothing is lost")
	void callWhenTheStoreIsAwayUsesLiveTokensAndSpendsNothing() {
		// A process does not start without its store
		this.agents.awaitAll();
		assertThat(expireAndCallAll()).allSatisfy(ClusterTestBase::isOk);
		Requests before = requests();
		this.store.stop();
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
		assertThat(expireAndCallAll()).allSatisfy((answer) -> assertThat(answer).startsWith("failed"));
		assertThat(requests()).isEqualTo(before);
		this.store.startAgain();
		Awaitility.await()
			.atMost(Duration.ofSeconds(120))
			.untilAsserted(() -> assertThat(expireAndCallAll()).allSatisfy(ClusterTestBase::isOk));
		for (int i = 0; i < 5; i++) {
			assertThat(expireAndCallAll()).allSatisfy(ClusterTestBase::isOk);
		}
		assertThat(requests().since(before).refused()).isZero();
	}

	@Test
	@Order(6)
	@DisplayName("F30 a paused process that wakes after its lease ran out does not overwrite a newer login")
	void saveWhenTheLeaseRanOutWhilePausedDoesNotOverwrite() {
		this.agents.awaitAtLeast(2);
		expire();
		TokenGate.Held answer = this.gate.hold();
		ChildProcess paused = this.agents.remove(0);
		paused.send(call());
		answer.awaitAnswer();
		paused.pause();
		answer.release();
		// The lease runs out, the note gets old, and then the others find that a token
		// was spent
		isLost(whenNoteIsOld(callAll()));
		logIn(0);
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
		Requests before = requests();
		paused.resume();
		// Its call may have been given up while it was paused
		assertThat(paused.await("^@call:? (.*)")).containsAnyOf("ok ", "is still being renewed",
				"did not answer within");
		// What it was answered is worthless; what it uses, and all others, is the login
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(Agents.all(call(), List.of(paused))).allSatisfy(ClusterTestBase::isOk));
		assertThat(callAll()).allSatisfy(ClusterTestBase::isOk);
		assertThat(requests()).isEqualTo(before);
		paused.close();
		assertThat(expireAndCallAll()).allSatisfy(ClusterTestBase::isOk);
		assertThat(requests().since(before)).isEqualTo(new Requests(1, 0, 1));
	}

}
