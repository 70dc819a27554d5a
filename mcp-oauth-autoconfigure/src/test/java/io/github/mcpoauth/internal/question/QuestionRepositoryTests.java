// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.testing.TestClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The questions that wait for users, as two processes see them through one store.
 */
class QuestionRepositoryTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private static final GrantKey BOB = GrantKey.of("github", "bob");

	private final WorkThreads threads = WorkThreads.platform();

	private final TestClock clock = TestClock.fixed();

	private final LoginRecords records = new InMemoryTokenStore(this.threads).logins();

	private final QuestionRepository questions = new QuestionRepository(this.records, this.threads, this.clock);

	private final QuestionRepository others = new QuestionRepository(this.records, this.threads, this.clock);

	@AfterEach
	void close() {
		this.threads.close();
	}

	@Test
	void keepWhenStoredIsReadByOthers() {
		Question.Url question = question(ALICE, "q1", "https://login.example.com/a?b=c");
		assertThat(get(this.questions.keep(question))).isTrue();
		assertThat(get(this.others.of(ALICE))).containsExactly(new KeptQuestion(question, null));
		get(this.others.decide(ALICE, "q1", Answer.Action.ACCEPT));
		assertThat(get(this.questions.of(ALICE))).containsExactly(new KeptQuestion(question, Answer.Action.ACCEPT));
	}

	@Test
	@DisplayName("A record that was copied to another user does not open")
	void ofWhenMovedFindsNothing() {
		get(this.questions.keep(question(ALICE, "q1", "https://login.example.com/")));
		this.records.replace(BOB, null, get(this.records.load(ALICE)), PATIENCE).block(PATIENCE);
		assertThat(get(this.others.of(BOB))).isEmpty();
	}

	@Test
	@DisplayName("A server that asks for much pushes out its own questions, and says no more than a user reads")
	void keepWhenThereAreManyDropsTheOldestOfTheGrant() {
		get(this.questions.keep(question(BOB, "bobs", "https://login.example.com/")));
		IntStream.range(0, 11)
			.forEach((number) -> get(
					this.questions.keep(question(ALICE, "q" + number, "https://login.example.com/" + number))));
		assertThat(ids(ALICE)).hasSize(10).doesNotContain("q0").endsWith("q10");
		assertThat(ids(BOB)).containsExactly("bobs");
		String text = "\u0001".repeat(100_000);
		IntStream.range(0, 11)
			.forEach((number) -> get(this.questions
				.keep(new Question.Url("long" + number, ALICE, "report", text, this.clock.instant().plusSeconds(60),
						QuestionUrl.of("https://login.example.com/" + "\u00e9".repeat(8000) + number)))));
		assertThat(ids(ALICE)).hasSizeBetween(1, 9).endsWith("long10");
		assertThat(get(this.others.of(ALICE)))
			.allSatisfy((kept) -> assertThat(kept.question().message()).hasSizeLessThan(2100).startsWith("\u0001"));
		assertThat(get(this.records.load(ALICE))).hasSizeLessThan(100_000);
	}

	@Test
	void takeDecisionWhenQuestionIsOverFindsNothingAndForgetsIt() {
		get(this.questions.keep(question(ALICE, "q1", "https://login.example.com/")));
		get(this.others.decide(ALICE, "q1", Answer.Action.DECLINE));
		this.clock.advance(Duration.ofMinutes(1));
		assertThat(
				this.others.takeDecision(question(ALICE, "q2", "https://login.example.com/")).blockOptional(PATIENCE))
			.isEmpty();
		assertThat(ids(ALICE)).isEmpty();
		assertThat(this.others.decide(ALICE, "q1", Answer.Action.ACCEPT).blockOptional(PATIENCE)).isEmpty();
	}

	@Test
	@DisplayName("Of processes that decide and ask at the same time none loses a question of another")
	void changeWhenProcessesMeetKeepsAll() {
		List<Mono<Boolean>> writes = IntStream.range(0, 8)
			.mapToObj((number) -> ((number % 2 == 0) ? this.questions : this.others)
				.keep(question(ALICE, "q" + number, "https://login.example.com/" + number)))
			.toList();
		get(Mono.when(writes).thenReturn(true));
		assertThat(ids(ALICE)).hasSize(8);
	}

	private List<String> ids(GrantKey key) {
		return get(this.others.of(key)).stream().map((kept) -> kept.question().id()).toList();
	}

	private Question.Url question(GrantKey key, String id, String url) {
		return new Question.Url(id, key, "report", "Log in", this.clock.instant().plusSeconds(60), QuestionUrl.of(url));
	}

	private static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(PATIENCE));
	}

}
