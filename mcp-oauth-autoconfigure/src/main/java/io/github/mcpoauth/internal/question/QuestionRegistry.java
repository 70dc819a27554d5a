// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.question;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeoutException;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
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
 * The questions of one principal are not shown to another. They are in the memory of this
 * process only.
 */
public final class QuestionRegistry {

	private static final Log logger = LogFactory.getLog(QuestionRegistry.class);

	/**
	 * More questions of one grant push out its oldest one.
	 */
	private static final int MOST_OF_A_GRANT = 10;

	private static final int MOST = 1000;

	private final QuestionSettings settings;

	private final Clock clock;

	private final McpOAuthListener listener;

	private final WorkThreads threads;

	private final Map<String, Kept> kept = new LinkedHashMap<>();

	// Written before a command makes its call, read by the threads of the call
	private volatile @Nullable QuestionHandler handler;

	/**
	 * Create an instance.
	 * @param handler asks users, {@code null} if the application has no handler
	 * @param settings how questions are kept
	 * @param clock the clock
	 * @param listener hears of kept questions
	 * @param threads call the handler, and run the deadlines
	 */
	public QuestionRegistry(@Nullable QuestionHandler handler, QuestionSettings settings, Clock clock,
			McpOAuthListener listener, WorkThreads threads) {
		this.handler = handler;
		this.settings = settings;
		this.clock = clock;
		this.listener = listener;
		this.threads = threads;
	}

	/**
	 * An instance for an application without users: servers are told that no question is
	 * answered.
	 * @return the instance
	 */
	public static QuestionRegistry unanswered() {
		return new QuestionRegistry(null, QuestionSettings.defaults(), Clock.systemUTC(), McpOAuthListener.none(),
				WorkThreads.shared());
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
	 * the user. The mono does not fail and ends no later than the question
	 */
	public Mono<Answer> ask(Question question) {
		return Mono.defer(() -> {
			Answer decided = (question instanceof Question.Url url) ? decided(url) : null;
			return (decided != null) ? Mono.just(decided)
					: handled(question).switchIfEmpty(Mono.fromRunnable(() -> unanswered(question)));
		});
	}

	private Mono<Answer> handled(Question question) {
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

	private void unanswered(Question question) {
		if (question instanceof Question.Url url && keep(url)) {
			this.listener.onEvent(new McpOAuthEvent.QuestionAsked(url.key().server(), url.key().principal(),
					this.clock.instant(), url.id(), url.tool(), url.url().value(), url.expiresAt()));
		}
	}

	/**
	 * Keep an address, unless the same one waits for the user already.
	 */
	private boolean keep(Question.Url question) {
		Instant end = expiry();
		Question.Url kept = new Question.Url(question.id(), question.key(), question.tool(), question.message(), end,
				question.url());
		synchronized (this.kept) {
			sweep();
			Kept same = same(question);
			if (same != null) {
				same.question = new Question.Url(same.question.id(), kept.key(), kept.tool(), kept.message(), end,
						kept.url());
				return false;
			}
			long ofGrant = this.kept.values().stream().filter((entry) -> entry.isOf(kept.key())).count();
			if (ofGrant >= MOST_OF_A_GRANT) {
				removeFirst(kept.key());
			}
			else if (this.kept.size() >= MOST) {
				removeFirst(null);
			}
			this.kept.put(kept.id(), new Kept(kept));
			return true;
		}
	}

	private void removeFirst(@Nullable GrantKey key) {
		this.kept.values()
			.stream()
			.filter((entry) -> key == null || entry.isOf(key))
			.findFirst()
			.ifPresent((entry) -> this.kept.remove(entry.question.id()));
	}

	private void sweep() {
		Instant now = this.clock.instant();
		this.kept.values().removeIf((entry) -> !entry.question.expiresAt().isAfter(now));
	}

	private @Nullable Kept same(Question.Url question) {
		return this.kept.values()
			.stream()
			.filter((entry) -> entry.isOf(question.key())
					&& entry.question.url().value().equals(question.url().value()))
			.findFirst()
			.orElse(null);
	}

	/**
	 * The decision about the same address, which counts once.
	 */
	private @Nullable Answer decided(Question.Url question) {
		synchronized (this.kept) {
			sweep();
			Kept same = same(question);
			if (same == null || same.decision == null) {
				return null;
			}
			this.kept.remove(same.question.id());
			return same.decision;
		}
	}

	/**
	 * The addresses that wait for a user's decision.
	 * @param key the server and the user
	 * @return the questions, oldest first
	 */
	public List<Question.Url> waiting(GrantKey key) {
		synchronized (this.kept) {
			sweep();
			return this.kept.values()
				.stream()
				.filter((entry) -> entry.isOf(key) && entry.decision == null)
				.map((entry) -> entry.question)
				.toList();
		}
	}

	/**
	 * Find a kept question, decided or not.
	 * @param key the server and the user
	 * @param id id of the question
	 * @return the question, {@code null} if that user has no such question
	 */
	public Question.@Nullable Url find(GrantKey key, @Nullable String id) {
		synchronized (this.kept) {
			sweep();
			Kept entry = this.kept.get(id);
			return (entry != null && entry.isOf(key)) ? entry.question : null;
		}
	}

	/**
	 * Note a user's decision about a kept question. The server hears it when it asks for
	 * the same address again, until the question ends. One that is cancelled is
	 * forgotten, and asked again then.
	 * @param key the server and the user
	 * @param id id of the question
	 * @param action the decision
	 * @return the question, {@code null} if that user has no such question
	 */
	public Question.@Nullable Url decide(GrantKey key, @Nullable String id, Answer.Action action) {
		synchronized (this.kept) {
			Question.Url question = find(key, id);
			if (question != null && action == Answer.Action.CANCEL) {
				this.kept.remove(question.id());
			}
			else if (question != null) {
				Objects.requireNonNull(this.kept.get(question.id())).decision = new Answer(action, Map.of());
			}
			return question;
		}
	}

	/**
	 * A question and its decision. Guarded by the monitor of the map.
	 */
	private static final class Kept {

		private Question.Url question;

		private @Nullable Answer decision;

		Kept(Question.Url question) {
			this.question = question;
		}

		boolean isOf(GrantKey key) {
			return this.question.key().equals(key);
		}

	}

}
