// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.login.PendingLogin.Progress;
import io.github.mcpoauth.internal.login.PendingLogin.Shown;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.testing.TestClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The logins that wait for a user, as two processes see them through one store.
 */
class PendingLoginRepositoryTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private static final GrantKey BOB = GrantKey.of("github", "bob");

	private final WorkThreads threads = WorkThreads.platform();

	private final TestClock clock = TestClock.fixed();

	private final InMemoryTokenStore store = new InMemoryTokenStore(this.threads);

	private final LoginRecords records = this.store.logins();

	private final PendingLoginRepository logins = new PendingLoginRepository(this.store, this.threads, this.clock);

	private final PendingLoginRepository others = new PendingLoginRepository(this.store, this.threads, this.clock);

	@AfterEach
	void close() {
		this.threads.close();
	}

	@Test
	@DisplayName("What the store keeps tells neither state, PKCE verifier nor code, and opens in each process")
	void addWhenStoredIsSealedAndReadByOthers() {
		this.logins.add(ALICE, login("one")).block(PATIENCE);
		assertThat(stored(ALICE)).doesNotContain("the-state", "the-verifier", "WDJB", "alice", "\"one\"");
		PendingLogin read = get(this.others.find(ALICE, "one"));
		assertThat(read).isEqualTo(login("one"));
		assertThat(read.toString()).doesNotContain("the-state", "the-verifier");
	}

	@Test
	@DisplayName("A record that was changed, or is another user's, does not open and is ignored")
	void readWhenForgedOrMovedFindsNothing() {
		this.logins.add(ALICE, login("one")).block(PATIENCE);
		String sealed = stored(ALICE);
		this.records.replace(BOB, null, sealed, PATIENCE).block(PATIENCE);
		assertThat(get(this.others.of(BOB))).isEmpty();
		int middle = sealed.length() / 2;
		String changed = sealed.substring(0, middle) + ((sealed.charAt(middle) == 'A') ? 'B' : 'A')
				+ sealed.substring(middle + 1);
		for (String forged : List.of(changed, sealed.substring(0, middle), "{}", "1." + "0".repeat(16) + ".AAAA")) {
			this.records.replace(ALICE, stored(ALICE), forged, PATIENCE).block(PATIENCE);
			assertThat(get(this.others.of(ALICE))).isEmpty();
		}
		this.logins.add(ALICE, login("two")).block(PATIENCE);
		assertThat(get(this.others.of(ALICE))).extracting(PendingLogin::id).containsExactly("two");
	}

	@Test
	@DisplayName("S14: a user who starts many logins loses their own oldest one, and no other user's")
	void addWhenThereAreManyDropsTheOldestOfTheGrant() {
		this.logins.add(BOB, login("bobs")).block(PATIENCE);
		for (int number = 0; number <= PendingLoginRepository.MOST; number++) {
			this.logins.add(ALICE, login("login-" + number)).block(PATIENCE);
		}
		assertThat(get(this.others.of(ALICE))).extracting(PendingLogin::id)
			.hasSize(PendingLoginRepository.MOST)
			.startsWith("login-" + PendingLoginRepository.MOST)
			.doesNotContain("login-0");
		assertThat(get(this.others.of(BOB))).extracting(PendingLogin::id).containsExactly("bobs");
	}

	@Test
	void advanceWhenEndedForgetsTheSecretsAndThenTheLogin() {
		this.logins.add(ALICE, login("one")).block(PATIENCE);
		assertThat(get(this.logins.advance(ALICE, "one", PendingLogin::answered))).isTrue();
		LoginException failure = new LoginException("github", LoginException.Reason.DENIED, "the user said no");
		assertThat(get(this.others.advance(ALICE, "one", (login) -> login.ended(failure)))).isTrue();
		PendingLogin ended = get(this.logins.find(ALICE, "one"));
		assertThat(ended.secrets()).isEmpty();
		assertThat(ended.progress().isAnswered()).isTrue();
		assertThat(ended.failure("github")).hasMessage(failure.getMessage())
			.extracting(LoginException::getReason)
			.isEqualTo(LoginException.Reason.DENIED);
		this.clock.advance(Duration.ofMinutes(16));
		assertThat(get(this.others.of(ALICE))).isEmpty();
		this.logins.add(ALICE, login("two")).block(PATIENCE);
		assertThat(get(this.others.of(ALICE))).extracting(PendingLogin::id).containsExactly("two");
		this.others.clear(ALICE).block(PATIENCE);
		assertThat(this.records.load(ALICE).blockOptional(PATIENCE)).isEmpty();
	}

	@Test
	@DisplayName("A key that was removed from the store is made anew, and processes agree on it")
	void readWhenTheKeyIsAnotherOneReadsItAgain() {
		this.logins.add(ALICE, login("one")).block(PATIENCE);
		get(this.others.of(ALICE));
		String key = get(this.records.key(null, "unused"));
		get(this.records.key(key, "another key"));
		this.logins.add(BOB, login("two")).block(PATIENCE);
		assertThat(get(this.others.of(BOB))).extracting(PendingLogin::id).containsExactly("two");
		assertThat(get(this.others.of(ALICE))).isEmpty();
	}

	private PendingLogin login(String id) {
		Login.Callback callback = new Login.Callback(URI.create("https://agent.example/mcp/connections/callback"),
				Secret.of("the-state"));
		Login.UserCode code = new Login.UserCode("WDJB-MJHT", URI.create("https://as.example/activate"), null);
		Shown shown = new Shown(URI.create("https://as.example/authorize?state=the-state"), null, callback, code, true);
		return new PendingLogin(id, "owner", this.clock.instant().plus(Duration.ofMinutes(5)), Progress.WAITING, shown,
				Map.of("code_verifier", "the-verifier", "scopes", List.of("read")));
	}

	private String stored(GrantKey key) {
		return get(this.records.load(key));
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

}
