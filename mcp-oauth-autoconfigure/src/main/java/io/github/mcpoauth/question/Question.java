// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.question;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import org.jspecify.annotations.Nullable;

/**
 * A question that an MCP server asks the user during a call (elicitation). All its texts
 * come from the server, so show which server asks, and show them as text only.
 */
public sealed interface Question {

	/**
	 * The id of the question.
	 * @return the id
	 */
	String id();

	/**
	 * The server that asks, and the user that it asks.
	 * @return the key of the grant that the call uses. Its principal is {@code null} for
	 * a call of the application itself
	 */
	GrantKey key();

	/**
	 * The tool that was called.
	 * @return its name, {@code null} if the server was not asked to run a tool, or if
	 * several calls were under way and it did not say which one it means
	 */
	@Nullable String tool();

	/**
	 * Why the server asks.
	 * @return the server's text
	 */
	String message();

	/**
	 * When the question ends. The server does not hear a later answer.
	 * @return the instant
	 */
	Instant expiresAt();

	/**
	 * The kind of question.
	 * @return the mode
	 */
	Mode mode();

	/**
	 * The server wants some values.
	 *
	 * @param id id of the question
	 * @param key the server and the user
	 * @param tool name of the tool, or {@code null}
	 * @param message why the server asks
	 * @param expiresAt when the question ends
	 * @param schema a JSON Schema of the values: an object whose properties are strings,
	 * numbers, booleans, or choices
	 */
	record Form(String id, GrantKey key, @Nullable String tool, String message, Instant expiresAt,
			Map<String, Object> schema) implements Question {

		public Form {
			schema = new LinkedHashMap<>(schema);
		}

		@Override
		public Mode mode() {
			return Mode.FORM;
		}

	}

	/**
	 * The server wants the user to open an address in a browser, for example to log in to
	 * a third party. Show the whole address and its domain, warn as
	 * {@link QuestionUrl#warnings()} says, and neither open nor fetch it before the user
	 * agrees. A model must not see it.
	 *
	 * @param id id of the question
	 * @param key the server and the user
	 * @param tool name of the tool, or {@code null}
	 * @param message why the server asks
	 * @param expiresAt when the question ends
	 * @param url the address
	 */
	record Url(String id, GrantKey key, @Nullable String tool, String message, Instant expiresAt,
			QuestionUrl url) implements Question {

		@Override
		public Mode mode() {
			return Mode.URL;
		}

	}

	/**
	 * Kinds of questions.
	 */
	enum Mode {

		/**
		 * The server wants some values, which it then knows: {@link Question.Form}.
		 */
		FORM,

		/**
		 * The user opens an address, and the application does not learn the answer given
		 * there: {@link Question.Url}.
		 */
		URL

	}

}
