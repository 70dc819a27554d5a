// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.Objects;

import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/**
 * A model that calls the tools that the last message of the user names, one after the
 * other, and repeats their answers. Asked for {@code tools}, it lists the names of those
 * it has.
 */
final class ScriptedChatModel implements ChatModel {

	@Override
	public ChatOptions getOptions() {
		return ToolCallingChatOptions.builder().build();
	}

	@Override
	public Flux<ChatResponse> stream(Prompt prompt) {
		// As a model does that is called over HTTP, whose client has threads of its own
		return Flux.defer(() -> Flux.just(call(prompt))).publishOn(Schedulers.parallel());
	}

	@Override
	public ChatResponse call(Prompt prompt) {
		int asked = prompt.getInstructions().size() - 1;
		while (prompt.getInstructions().get(asked).getMessageType() != MessageType.USER) {
			asked--;
		}
		List<String> answers = prompt.getInstructions()
			.stream()
			.skip(asked)
			.filter(ToolResponseMessage.class::isInstance)
			.map((message) -> ((ToolResponseMessage) message).getResponses().get(0).responseData())
			.toList();
		String text = Objects.requireNonNull(prompt.getInstructions().get(asked).getText());
		if ("tools".equals(text)) {
			return answer(new AssistantMessage(String.join(" ", tools(prompt))));
		}
		String[] calls = text.split(" ");
		if (answers.size() == calls.length) {
			return answer(new AssistantMessage(String.join(" ", answers)));
		}
		ToolCall call = new ToolCall("call-" + answers.size(), "function", calls[answers.size()], "{}");
		return answer(AssistantMessage.builder().toolCalls(List.of(call)).build());
	}

	private static List<String> tools(Prompt prompt) {
		List<ToolCallback> tools = ((ToolCallingChatOptions) Objects.requireNonNull(prompt.getOptions()))
			.getToolCallbacks();
		return (tools != null) ? tools.stream().map((tool) -> tool.getToolDefinition().name()).sorted().toList()
				: List.of();
	}

	private static ChatResponse answer(AssistantMessage message) {
		return new ChatResponse(List.of(new Generation(message)));
	}

}
