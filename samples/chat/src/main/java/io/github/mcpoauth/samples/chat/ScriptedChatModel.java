// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.chat;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/**
 * Takes the place of a model, so that the sample needs no real one. It calls the tool
 * that the first word of a message names, with the rest as its message, or as its
 * arguments where that is a JSON object, and repeats the tool's answer.
 */
final class ScriptedChatModel implements ChatModel {

	private static final String LOGIN = "_login_required";

	@Override
	public ChatOptions getOptions() {
		return ToolCallingChatOptions.builder().build();
	}

	@Override
	public ChatResponse call(Prompt prompt) {
		Message last = prompt.getInstructions().get(prompt.getInstructions().size() - 1);
		AssistantMessage answer = (last instanceof ToolResponseMessage response)
				? new AssistantMessage(response.getResponses().get(0).responseData())
				: answer(String.valueOf(last.getText()).strip(), tools(prompt.getOptions()));
		return new ChatResponse(List.of(new Generation(answer)));
	}

	private static List<String> tools(@Nullable ChatOptions options) {
		List<ToolCallback> tools = (options instanceof ToolCallingChatOptions calling) ? calling.getToolCallbacks()
				: null;
		return (tools != null) ? tools.stream().map((tool) -> tool.getToolDefinition().name()).sorted().toList()
				: List.of();
	}

	private static AssistantMessage answer(String message, List<String> tools) {
		String[] words = message.split("\\s+", 2);
		String rest = (words.length > 1) ? words[1] : "";
		if (tools.contains(words[0])) {
			return call(words[0], rest);
		}
		return tools.stream()
			.filter((tool) -> tool.endsWith(LOGIN))
			.findFirst()
			.map((tool) -> call(tool, rest))
			.orElseGet(() -> new AssistantMessage(
					tools.isEmpty() ? "I have no tools just now" : "My tools: " + String.join(", ", tools)));
	}

	private static AssistantMessage call(String tool, String rest) {
		String arguments = isObject(rest) ? rest : JsonMapper.shared().writeValueAsString(Map.of("message", rest));
		return AssistantMessage.builder().toolCalls(List.of(new ToolCall("1", "function", tool, arguments))).build();
	}

	private static boolean isObject(String text) {
		try {
			return JsonMapper.shared().readTree(text).isObject();
		}
		catch (JacksonException ex) {
			return false;
		}
	}

}
