// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Predicate;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.store.pending.PendingRecords;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The addresses that wait for their users, as all processes know them. Each method fails
 * with {@link TokenStoreException} if the store is away.
 */
final class QuestionRepository {

	/**
	 * A call must not wait long for a store that does not answer.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final PendingRecords<KeptQuestion> records;

	private final WorkThreads threads;

	private final Clock clock;

	QuestionRepository(@Nullable LoginRecords records, WorkThreads threads, Clock clock) {
		this.records = new PendingRecords<>(records, new KeptQuestion.Kind(), threads, clock);
		this.threads = threads;
		this.clock = clock;
	}

	/**
	 * The questions of a grant.
	 * @param key the grant
	 * @return a mono with the questions, oldest first
	 */
	Mono<List<KeptQuestion>> of(GrantKey key) {
		return within(key, this.records.of(key).map((all) -> {
			List<KeptQuestion> kept = new ArrayList<>(all);
			kept.removeIf(this::isOver);
			Collections.reverse(kept);
			return kept;
		}));
	}

	/**
	 * Keep a question. Where the same address waits for the user already, that question
	 * goes on.
	 * @param question the question
	 * @return a mono with whether it is a new one
	 */
	Mono<Boolean> keep(Question.Url question) {
		KeptQuestion added = KeptQuestion.of(question);
		return changed(question.key(), (kept) -> kept.isFor(question.url()), (all, same) -> {
			if (same == null) {
				all.add(0, added);
			}
			else {
				all.set(all.indexOf(same), same.askedAgain(added));
			}
			return all;
		}).map((same) -> false).defaultIfEmpty(true);
	}

	/**
	 * Take the decision about an address out. Of several processes one gets it.
	 * @param question a question for the same address
	 * @return a mono with the decision, empty if there is none
	 */
	Mono<Answer.Action> takeDecision(Question.Url question) {
		return changed(question.key(), (kept) -> kept.isFor(question.url()) && kept.decision() != null, (all, same) -> {
			all.remove(same);
			return (same != null) ? all : null;
		}).mapNotNull(KeptQuestion::decision);
	}

	/**
	 * Note a decision.
	 * @param key the grant
	 * @param id id of the question
	 * @param action the decision. One that is cancelled is forgotten
	 * @return a mono with the question, empty if there is none
	 */
	Mono<Question.Url> decide(GrantKey key, String id, Answer.Action action) {
		return changed(key, (kept) -> kept.question().id().equals(id), (all, same) -> {
			if (same == null) {
				return null;
			}
			if (action == Answer.Action.CANCEL) {
				all.remove(same);
			}
			else {
				all.set(all.indexOf(same), same.decided(action));
			}
			return all;
		}).map(KeptQuestion::question);
	}

	/**
	 * Change the questions of a grant.
	 * @param change makes the next questions of the present ones and the one that is
	 * looked for, {@code null} to leave them as they are
	 * @return a mono with the one that was looked for, empty if there is none
	 */
	private Mono<KeptQuestion> changed(GrantKey key, Predicate<KeptQuestion> wanted,
			BiFunction<List<KeptQuestion>, @Nullable KeptQuestion, @Nullable List<KeptQuestion>> change) {
		return within(key, Mono.defer(() -> {
			// Written again if another process was faster
			AtomicReference<@Nullable KeptQuestion> found = new AtomicReference<>();
			return this.records.change(key, (before) -> {
				List<KeptQuestion> all = new ArrayList<>(before);
				all.removeIf(this::isOver);
				found.set(all.stream().filter(wanted).findFirst().orElse(null));
				return change.apply(all, found.get());
			}).then(Mono.fromSupplier(found::get));
		}));
	}

	private boolean isOver(KeptQuestion kept) {
		return !kept.question().expiresAt().isAfter(this.clock.instant());
	}

	private <T> Mono<T> within(GrantKey key, Mono<T> work) {
		return this.threads.within(work, PATIENCE)
			.onErrorMap(TimeoutException.class, (ex) -> new TokenStoreException(key.server(),
					"The store of the questions of MCP server '%s' does not answer".formatted(key.server()), ex));
	}

}
