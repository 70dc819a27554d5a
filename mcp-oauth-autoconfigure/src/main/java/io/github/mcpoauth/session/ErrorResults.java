// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.jspecify.annotations.Nullable;

/**
 * Failures in the shape of tool results, for a model to read.
 */
public final class ErrorResults {

	private final McpJsonMapper json;

	ErrorResults(McpJsonMapper json) {
		this.json = json;
	}

	/**
	 * The members of an error result for a failed call.
	 * @param failure an exception of this library
	 * @param tool name of the tool
	 * @return the members of a JSON object that says that a login is required, that the
	 * user has a question to answer, or that the outcome is uncertain, {@code null} for
	 * another failure
	 */
	public static @Nullable Map<String, Object> members(Throwable failure, String tool) {
		if (failure instanceof LoginRequiredException login) {
			return login.needsReauth().toMap();
		}
		if (failure instanceof UserRequiredException question) {
			return question.toMap();
		}
		return (failure instanceof McpCallException call && call.getReason() == Reason.UNANSWERED)
				? outcomeUncertain(call, tool) : null;
	}

	private static Map<String, Object> outcomeUncertain(McpCallException failure, String tool) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("error", """
				%s. The call of '%s' was sent and may or may not have been done. \
				Do NOT simply call it again: check first what it did, or ask the user."""
			.formatted(failure.getMessage(), tool));
		members.put("outcome_uncertain", true);
		members.put("server", failure.getServer());
		return members;
	}

	CallToolResult result(Map<String, Object> members) {
		String text;
		try {
			text = this.json.writeValueAsString(members);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return CallToolResult.builder().addTextContent(text).structuredContent(members).isError(true).build();
	}

}
