// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.question.Question;
import org.jspecify.annotations.Nullable;

/**
 * A server has a question that only the user can answer, so the call was not done.
 */
final class UserRequiredException extends McpCallException {

	private static final long serialVersionUID = 1L;

	private static final String ADDRESS = """
			MCP server '%s' asks the user to open an address at '%s'%s: %s. %s\
			Do NOT call the tool again before that: ask the user to do it, and call it again when the user says that it is done""";

	private static final String FORM = """
			MCP server '%s' asks the user for some values%s: %s. %s. \
			Do NOT retry this tool: tell the user""";

	private static final String NOT_ASKED = "This application does not ask its users for values";

	private static final String NO_ANSWER = "The user has not answered in time";

	private static final String UNNAMED = """
			MCP server '%s' has a question for the user%s, of a kind that this application does not ask. \
			Do NOT retry this tool: tell the user""";

	private static final String AGREED = """
			MCP server '%s' needs the user to finish at an address%s, which the user has agreed to open. \
			Do NOT call the tool again before the user says that it is done""";

	private UserRequiredException(String server, String message, @Nullable Throwable cause) {
		super(server, Reason.REFUSED, message, null, null, cause);
	}

	/**
	 * A question that the user did not answer.
	 * @param question the question
	 * @param settings where the user finds it
	 * @param handled whether the application asks such questions
	 * @return the exception
	 */
	static UserRequiredException of(Question question, QuestionSettings settings, boolean handled) {
		String server = question.key().server();
		String text = UntrustedText.quote(question.message());
		if (question instanceof Question.Url url) {
			String page = settings.page();
			String place = (page != null) ? "The user finds it at %s. ".formatted(page) : "";
			return new UserRequiredException(server,
					ADDRESS.formatted(server, url.url().domain(), during(question.tool()), text, place), null);
		}
		return new UserRequiredException(server,
				FORM.formatted(server, during(question.tool()), text, handled ? NO_ANSWER : NOT_ASKED), null);
	}

	/**
	 * An address that the user has agreed to open.
	 * @param server name of the server
	 * @param tool name of the tool, or {@code null}
	 * @return the exception
	 */
	static UserRequiredException agreed(String server, @Nullable String tool) {
		return new UserRequiredException(server, AGREED.formatted(server, during(tool)), null);
	}

	/**
	 * A question of a kind that servers are told is not asked.
	 * @param server name of the server
	 * @param tool name of the tool, or {@code null}
	 * @param cause the failure of the MCP library
	 * @return the exception
	 */
	static UserRequiredException notAsked(String server, @Nullable String tool, Throwable cause) {
		return new UserRequiredException(server, UNNAMED.formatted(server, during(tool)), cause);
	}

	private static String during(@Nullable String tool) {
		return (tool != null) ? " for tool '%s'".formatted(tool) : "";
	}

	/**
	 * The answer for a model, in the shape of the one for a required login.
	 * @return a new map with {@code error}, {@code needs_user} and {@code server}
	 */
	Map<String, Object> toMap() {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("error", getMessage());
		members.put("needs_user", true);
		members.put("server", getServer());
		return members;
	}

}
