// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import io.github.mcpoauth.session.McpCallException.Reason;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The questions that a server asks during one call. They share one deadline, and there is
 * a bound on their number.
 */
final class Inquiry {

	/**
	 * Questions, and rounds of them, of one call.
	 */
	static final int MOST_ROUNDS = 10;

	private static final String TOO_MANY = """
			MCP server '%s' asked for input %d times during one call%s and still wants more, so the call was given up. \
			Its operator has to correct that""";

	private static final String UNSAFE = """
			MCP server '%s' asks the user to open an address%s that no user should open. %s. \
			Its operator has to correct that""";

	private static final String DECLINED = """
			MCP server '%s' needs the user to open an address for a call%s, and the user does not agree. \
			Do NOT retry this tool""";

	private static final String NOT_KEPT = """
			MCP server '%s' asks the user to open an address%s, and the question cannot be kept for the user. %s. \
			Call it again later""";

	private final QuestionRegistry questions;

	private final GrantKey key;

	private final @Nullable String tool;

	private final Instant end;

	private final AtomicInteger asked;

	/**
	 * Begin with a call.
	 * @param questions ask the user
	 * @param key the server and the user
	 * @param tool the tool that is called, {@code null} if another operation is
	 */
	Inquiry(QuestionRegistry questions, GrantKey key, @Nullable String tool) {
		this(questions, key, tool, questions.expiry(), new AtomicInteger());
	}

	private Inquiry(QuestionRegistry questions, GrantKey key, @Nullable String tool, Instant end, AtomicInteger asked) {
		this.questions = questions;
		this.key = key;
		this.tool = tool;
		this.end = end;
		this.asked = asked;
	}

	/**
	 * The questions of several calls, whose tool is not known. They count for this call.
	 * @return the questions
	 */
	Inquiry ofSeveral() {
		return new Inquiry(this.questions, this.key, null, this.end, this.asked);
	}

	/**
	 * Ask for values.
	 * @param message why the server asks
	 * @param schema the schema of the values
	 * @return a mono with the answer. It fails with {@link UserRequiredException} if the
	 * user does not answer
	 */
	Mono<Answer> form(String message, Map<String, Object> schema) {
		return ask(new Question.Form(id(), this.key, this.tool, message, this.end, schema));
	}

	/**
	 * Ask the user to open an address.
	 * @param message why the server asks
	 * @param url the address
	 * @return a mono with the answer. It fails with {@link UserRequiredException} if the
	 * user does not answer, and with {@link McpCallException} for an address that no user
	 * should open
	 */
	Mono<Answer> url(String message, String url) {
		return Mono.defer(() -> {
			QuestionUrl checked;
			try {
				checked = QuestionUrl.of(url);
			}
			catch (IllegalArgumentException ex) {
				return Mono.error(refused(UNSAFE.formatted(this.key.server(), during(), ex.getMessage())));
			}
			return ask(new Question.Url(id(), this.key, this.tool, message, this.end, checked));
		});
	}

	/**
	 * Ask the user to open an address after the call.
	 * @param message why the server asks
	 * @param url the address
	 * @return a mono with the failure of the call, which names the steps before the next
	 * one
	 */
	Mono<McpCallException> required(String message, String url) {
		return url(message, url)
			.map((answer) -> (answer.action() == Answer.Action.ACCEPT)
					? UserRequiredException.agreed(this.key.server(), this.tool)
					: refused(DECLINED.formatted(this.key.server(), during())))
			.onErrorResume(McpCallException.class, Mono::just);
	}

	private Mono<Answer> ask(Question question) {
		return Mono.defer(() -> (this.asked.incrementAndGet() > MOST_ROUNDS) ? Mono.error(tooMany())
				: this.questions.ask(question)
					.onErrorMap(TokenStoreException.class, this::notKept)
					.switchIfEmpty(Mono.error(() -> unanswered(question))));
	}

	private McpCallException notKept(TokenStoreException failure) {
		return new McpCallException(this.key.server(), Reason.UNAVAILABLE,
				NOT_KEPT.formatted(this.key.server(), during(), failure.getMessage()), null, null, failure);
	}

	private UserRequiredException unanswered(Question question) {
		return UserRequiredException.of(question, this.questions.settings(),
				this.questions.modes().contains(question.mode()));
	}

	/**
	 * The failure of a call whose questions do not end.
	 * @return the exception
	 */
	McpCallException tooMany() {
		return refused(TOO_MANY.formatted(this.key.server(), MOST_ROUNDS, during()));
	}

	private McpCallException refused(String message) {
		return new McpCallException(this.key.server(), Reason.REFUSED, message, null, null, null);
	}

	/**
	 * The failure of a call with a question of a kind that servers are told is not asked.
	 * @param cause the failure of the MCP library
	 * @return the exception
	 */
	UserRequiredException notAsked(Throwable cause) {
		return UserRequiredException.notAsked(this.key.server(), this.tool, cause);
	}

	private String during() {
		return (this.tool != null) ? " of tool '%s'".formatted(this.tool) : "";
	}

	private static String id() {
		return UUID.randomUUID().toString();
	}

}
