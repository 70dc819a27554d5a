// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.question;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.util.Assert;

/**
 * The answer to a {@link Question}.
 *
 * @param action the decision of the user
 * @param content the values of a form by their names, empty for all other answers. A
 * value is a string, a number, a boolean or a list of strings
 */
public record Answer(Action action, Map<String, Object> content) {

	public Answer {
		Assert.isTrue(action == Action.ACCEPT || content.isEmpty(), "Only an accepted form has content");
		content = new LinkedHashMap<>(content);
	}

	/**
	 * The user agrees to open the address of a {@link Question.Url}. It does not say that
	 * the user has finished there.
	 * @return the answer
	 */
	public static Answer accept() {
		return accept(Map.of());
	}

	/**
	 * The user submits a {@link Question.Form}.
	 * @param content the values by their names
	 * @return the answer
	 */
	public static Answer accept(Map<String, Object> content) {
		return new Answer(Action.ACCEPT, content);
	}

	/**
	 * The user says no.
	 * @return the answer
	 */
	public static Answer decline() {
		return new Answer(Action.DECLINE, Map.of());
	}

	/**
	 * The user makes no choice.
	 * @return the answer
	 */
	public static Answer cancel() {
		return new Answer(Action.CANCEL, Map.of());
	}

	/**
	 * Without the values, which are for the server only.
	 */
	@Override
	public String toString() {
		return "Answer[action=%s]".formatted(this.action);
	}

	/**
	 * Decisions of a user.
	 */
	public enum Action {

		/**
		 * The user agrees.
		 */
		ACCEPT,

		/**
		 * The user says no.
		 */
		DECLINE,

		/**
		 * The user makes no choice.
		 */
		CANCEL

	}

}
