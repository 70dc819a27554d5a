// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.store.LoginRecords;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The questions that MCP servers ask the users of this process. Each goes to the handler
 * of the application, if there is one for its mode. An address that a user could not be
 * asked about at once is kept until the question ends, so that the user finds it on a
 * page. The call does not wait for that: it ends, and is made again when the user is
 * done. If the server then asks for the same address again, it hears the user's decision.
 * <p>
 * The questions of one principal are not shown to another. They are kept in the store, so
 * that the user finds them at any process, and the process of the next call hears the
 * decision.
 */
public final class QuestionRegistry {

	private static final Log logger = LogFactory.getLog(QuestionRegistry.class);

	private final QuestionSettings settings;

	private final Clock clock;

	private final McpOAuthListener listener;

	private final WorkThreads threads;

	private final QuestionRepository kept;

	// Written before a command makes its call, read by the threads of the call
	private volatile @Nullable QuestionHandler handler;

	/**
	 * Create an instance.
	 * @param handler asks users, {@code null} if the application has no handler
	 * @param settings how questions are kept
	 * @param clock the clock
	 * @param listener hears of kept questions
	 * @param threads call the handler, and run the deadlines
	 * @param records keep the questions, {@code null} if the store keeps none: they then
	 * end with this process
	 */
	public QuestionRegistry(@Nullable QuestionHandler handler, QuestionSettings settings, Clock clock,
			McpOAuthListener listener, WorkThreads threads, @Nullable LoginRecords records) {
		this.handler = handler;
		this.settings = settings;
		this.clock = clock;
		this.listener = listener;
		this.threads = threads;
		this.kept = new QuestionRepository(records, threads, clock);
	}

	/**
	 * An instance for an application without users: servers are told that no question is
	 * answered.
	 * @return the instance
	 */
	public static QuestionRegistry unanswered() {
		return new QuestionRegistry(null, QuestionSettings.defaults(), Clock.systemUTC(), McpOAuthListener.none(),
				WorkThreads.shared(), null);
	}

	/**
	 * Ask all users with this handler from now on, if the application has none.
	 * @param fallback the handler
	 */
	public void handleWith(QuestionHandler fallback) {
		if (this.handler == null) {
			this.handler = fallback;
		}
	}

	/**
	 * The questions that reach a user, so that servers may ask them.
	 * @return the modes
	 */
	public Set<Question.Mode> modes() {
		Set<Question.Mode> modes = EnumSet.noneOf(Question.Mode.class);
		if (this.settings.kept()) {
			modes.add(Question.Mode.URL);
		}
		QuestionHandler present = this.handler;
		if (present != null) {
			modes.addAll(present.modes());
		}
		return modes;
	}

	/**
	 * How questions are kept.
	 * @return the settings
	 */
	public QuestionSettings settings() {
		return this.settings;
	}

	/**
	 * When a question ends that is asked now.
	 * @return the instant
	 */
	public Instant expiry() {
		return this.clock.instant().plus(this.settings.timeout());
	}

	/**
	 * Ask a user.
	 * @param question the question
	 * @return a mono with the answer, empty if there is none: an address is then kept for
	 * the user. The mono fails with {@link TokenStoreException} if it cannot be kept, and
	 * with nothing else. It ends with the question, or soon after that
	 */
	public Mono<Answer> ask(Question question) {
		if (!(question instanceof Question.Url url)) {
			return handled(question);
		}
		return decided(url).switchIfEmpty(handled(url)).switchIfEmpty(Mono.defer(() -> keep(url)));
	}

	/**
	 * The decision about the same address, which counts once.
	 */
	private Mono<Answer> decided(Question.Url question) {
		return this.kept.takeDecision(question)
			.map((action) -> new Answer(action, Map.of()))
			.onErrorResume(TokenStoreException.class, (ex) -> {
				// The handler may ask all the same
				logger.debug("Decisions about MCP server '%s' cannot be read".formatted(question.key()), ex);
				return Mono.empty();
			});
	}

	private Mono<Answer> handled(Question question) {
		return Mono.defer(() -> handledNow(question));
	}

	private Mono<Answer> handledNow(Question question) {
		QuestionHandler present = this.handler;
		Duration left = Duration.between(this.clock.instant(), question.expiresAt());
		if (present == null || !present.modes().contains(question.mode()) || left.isNegative() || left.isZero()) {
			return Mono.empty();
		}
		Mono<Answer> answer = Mono.defer(() -> present.answer(question)).subscribeOn(this.threads.blocking());
		return this.threads.within(answer, left).onErrorResume((ex) -> {
			if (ex instanceof TimeoutException) {
				logger.debug("No answer in time to a question of MCP server '%s'".formatted(question.key()));
			}
			else {
				logger.warn("A question of MCP server '%s' could not be asked: the QuestionHandler failed"
					.formatted(question.key()), ex);
			}
			return Mono.empty();
		});
	}

	/**
	 * Keep an address, unless the same one waits for the user already.
	 */
	private Mono<Answer> keep(Question.Url question) {
		Question.Url kept = new Question.Url(question.id(), question.key(), question.tool(), question.message(),
				expiry(), question.url());
		return this.kept.keep(kept)
			.filter((added) -> added)
			.doOnNext((added) -> this.listener
				.onEvent(new McpOAuthEvent.QuestionAsked(kept.key().server(), kept.key().principal(),
						this.clock.instant(), kept.id(), kept.tool(), kept.url().value(), kept.expiresAt())))
			.then(Mono.empty());
	}

	/**
	 * The addresses that wait for a user's decision.
	 * @param key the server and the user
	 * @return a mono with the questions, oldest first. It fails with
	 * {@link TokenStoreException} if the store is away
	 */
	public Mono<List<Question.Url>> waiting(GrantKey key) {
		return this.kept.of(key)
			.map((all) -> all.stream().filter((kept) -> kept.decision() == null).map(KeptQuestion::question).toList());
	}

	/**
	 * Find a kept question, decided or not.
	 * @param key the server and the user
	 * @param id id of the question
	 * @return a mono with the question, empty if that user has no such question. It fails
	 * with {@link TokenStoreException} if the store is away
	 */
	public Mono<Question.Url> find(GrantKey key, @Nullable String id) {
		return this.kept.of(key)
			.flatMapIterable((all) -> all)
			.map(KeptQuestion::question)
			.filter((question) -> question.id().equals(id))
			.next();
	}

	/**
	 * Note a user's decision about a kept question. The server hears it when it asks for
	 * the same address again, whichever process makes that call, until the question ends.
	 * One that is cancelled is forgotten, and asked again then.
	 * @param key the server and the user
	 * @param id id of the question
	 * @param action the decision
	 * @return a mono with the question, empty if that user has no such question. It fails
	 * with {@link TokenStoreException} if the store is away
	 */
	public Mono<Question.Url> decide(GrantKey key, @Nullable String id, Answer.Action action) {
		return (id != null) ? this.kept.decide(key, id, action) : Mono.empty();
	}

}
