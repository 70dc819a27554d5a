// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.session.ErrorResults;
import io.github.mcpoauth.session.McpCallException;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.ai.tool.execution.ToolExecutionException;
import org.springframework.ai.util.JsonHelper;
import org.springframework.core.log.LogMessage;
import org.springframework.util.StringUtils;

/**
 * One call of a tool: from the arguments of a model to the answer for it. It acts as the
 * callbacks of Spring AI do, but for the log: a call that was refused because a login is
 * required, or because calls to the server are paused, is no error.
 *
 * @param definition the tool as the model knows it
 * @param name the name of the tool on its server
 */
record ToolExchange(ToolDefinition definition, String name) {

	private static final Log logger = LogFactory.getLog(ToolExchange.class);

	private static final JsonMapper JSON = JsonMapper.builder().build();

	private static final JsonHelper SPRING_AI_JSON = new JsonHelper();

	/**
	 * Make the call.
	 * @param input the arguments, a JSON object, may be empty
	 * @param meta the metadata of the call
	 * @param sender sends the request and waits for the result
	 * @return the answer for the model
	 * @throws PrincipalRequiredException if the user of the call is not known
	 * @throws ToolExecutionException with the sentence for the model, if the call failed
	 */
	String call(String input, @Nullable Map<String, Object> meta, Function<CallToolRequest, CallToolResult> sender) {
		CallToolRequest request = CallToolRequest.builder(this.name)
			.arguments(SPRING_AI_JSON.fromJsonToMap(StringUtils.hasText(input) ? input : "{}"))
			.meta(meta)
			.build();
		CallToolResult result;
		try {
			result = sender.apply(request);
		}
		catch (PrincipalRequiredException ex) {
			// The application has lost the user: no answer of a model makes up for that
			throw ex;
		}
		catch (McpOAuthException ex) {
			return answer(ex);
		}
		catch (RuntimeException ex) {
			logger.error(LogMessage.format("The call of tool '%s' failed", this.name), ex);
			throw new ToolExecutionException(this.definition, ex);
		}
		return Boolean.TRUE.equals(result.isError()) ? answerToError(result) : SPRING_AI_JSON.toJson(result.content());
	}

	private String answer(McpOAuthException failure) {
		if (isFailureOfServer(failure)) {
			logger.error(LogMessage.format("The call of tool '%s' failed: %s", this.name, failure.getMessage()));
		}
		logger.debug(LogMessage.format("The call of tool '%s' failed", this.name), failure);
		Map<String, Object> members = ErrorResults.members(failure, this.definition.name());
		if (members != null) {
			return JSON.writeValueAsString(members);
		}
		throw new ToolExecutionException(this.definition, failure);
	}

	/**
	 * A call that was not sent, because others before it had failed, has no cause.
	 */
	private static boolean isFailureOfServer(McpOAuthException failure) {
		return failure instanceof McpCallException && failure.getCause() != null;
	}

	private String answerToError(CallToolResult result) {
		if (result.structuredContent() instanceof Map<?, ?> members) {
			boolean uncertain = Boolean.TRUE.equals(members.get("outcome_uncertain"));
			if (uncertain) {
				logger.error(LogMessage.format("The call of tool '%s' failed: %s", this.name, members.get("error")));
			}
			if (uncertain || Boolean.TRUE.equals(members.get("needs_reauth"))
					|| Boolean.TRUE.equals(members.get("needs_user"))) {
				return JSON.writeValueAsString(members);
			}
		}
		logger.error(LogMessage.format("Tool '%s' answered with an error: %s", this.name, result.content()));
		throw new ToolExecutionException(this.definition,
				new IllegalStateException("Error calling tool: " + result.content()));
	}

}
