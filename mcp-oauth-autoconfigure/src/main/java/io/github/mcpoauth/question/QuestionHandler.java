// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.question;

import java.util.EnumSet;
import java.util.Set;

import reactor.core.publisher.Mono;

/**
 * Asks the user a question of an MCP server. An application declares a bean of this type
 * to ask in its own way. Servers are told of the modes that it answers, and of no others.
 * <p>
 * The call waits for the answer, but no longer than until {@link Question#expiresAt()}.
 * Then the mono is cancelled, the server hears that there is no answer, and the model
 * hears that the user did not answer in time.
 */
@FunctionalInterface
public interface QuestionHandler {

	/**
	 * Ask the user. Called on a thread that may block, for several questions at the same
	 * time.
	 * @param question the question
	 * @return a mono with the answer: {@link Answer#accept() accept}, with the values of
	 * a form, {@link Answer#decline() decline} or {@link Answer#cancel() cancel}. An
	 * empty mono, and one that fails, mean that the user could not be asked: the address
	 * of a {@link Question.Url} is then kept for the user as if there was no handler
	 */
	Mono<Answer> answer(Question question);

	/**
	 * The questions that this handler answers.
	 * @return the modes, all of them when not overridden
	 */
	default Set<Question.Mode> modes() {
		return EnumSet.allOf(Question.Mode.class);
	}

}
