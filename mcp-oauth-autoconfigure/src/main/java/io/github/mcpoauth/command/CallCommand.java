// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code mcp call}: call a tool and print its result.
 */
final class CallCommand extends Command {

	CallCommand() {
		super("call", "<server> <tool> [json]", "call a tool with a JSON object of arguments");
	}

	@Override
	Work parse(Arguments arguments) {
		GrantKey key = arguments.key();
		String tool = arguments.required("tool");
		Map<String, Object> toolArguments = toolArguments(arguments.optional());
		arguments.end();
		return (services, output) -> {
			QuestionRegistry questions = services.questions();
			questions.handleWith(new TerminalQuestions(services.in(), services.clock(), output::note));
			Map<String, Object> result = Results.of(services.tools().callTool(key, tool, toolArguments),
					questions.settings().timeout());
			output.result(result, lines(result));
			return exitCode(result);
		};
	}

	private static ExitCode exitCode(Map<String, Object> result) {
		if (!Boolean.TRUE.equals(result.get("isError"))) {
			return ExitCode.DONE;
		}
		return needsReauth(result) ? ExitCode.LOGIN_REQUIRED : ExitCode.FAILED;
	}

	private static Map<String, Object> toolArguments(@Nullable String json) {
		if (json == null) {
			return Map.of();
		}
		Map<String, Object> members;
		try {
			members = Json.MAPPER.readValue(json, Json.MEMBERS);
		}
		catch (JacksonException ex) {
			// Without the parser's message, which may quote a secret
			throw notObject(
					" (line %d, column %d)".formatted(ex.getLocation().getLineNr(), ex.getLocation().getColumnNr()));
		}
		if (members == null) {
			throw notObject("");
		}
		return members;
	}

	private static CommandException notObject(String where) {
		return CommandException.usage("The arguments for the tool are not a JSON object%s".formatted(where));
	}

	private static boolean needsReauth(Map<String, Object> result) {
		return result.get("structuredContent") instanceof Map<?, ?> members
				&& Boolean.TRUE.equals(members.get("needs_reauth"));
	}

	private static List<String> lines(Map<String, Object> result) {
		List<String> lines = new ArrayList<>();
		if (result.get("content") instanceof List<?> content) {
			content.forEach((item) -> lines.add(text(item)));
		}
		if (lines.isEmpty() && result.get("structuredContent") != null) {
			lines.add(Json.MAPPER.writeValueAsString(result.get("structuredContent")));
		}
		return lines;
	}

	private static String text(Object item) {
		return (item instanceof Map<?, ?> members && "text".equals(members.get("type"))
				&& members.get("text") instanceof String text) ? text : Json.MAPPER.writeValueAsString(item);
	}

	/**
	 * Loaded when this command is used, not with the list of all commands.
	 */
	private static final class Json {

		private static final JsonMapper MAPPER = JsonMapper.builder()
			.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
			.build();

		private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
		};

	}

}
