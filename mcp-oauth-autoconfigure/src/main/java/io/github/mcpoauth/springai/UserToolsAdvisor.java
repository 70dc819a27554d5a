// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.core.Ordered;

/**
 * Finds the tools of the user of a chat where the thread that asked for them does not
 * know that user: it is a thread of an event loop, or it has no user, or the Reactor
 * context of the chat or its {@code ToolContext} names another user. Has nothing to do
 * for all other chats.
 * <p>
 * The {@code ChatClient.Builder} bean has this advisor. Add the bean to chat clients that
 * are built by hand.
 */
public final class UserToolsAdvisor implements CallAdvisor, StreamAdvisor, AutoCloseable {

	private static final int MOST_THREADS = 256;

	private static final int MOST_WAITING = 100_000;

	private static final int KEEP_ALIVE_SECONDS = 30;

	// Lists are waited for, which the threads of an event loop must not do. The threads
	// that get the tokens for that must not wait either
	private final Scheduler waiting = Schedulers.newBoundedElastic(MOST_THREADS, MOST_WAITING, "mcp-oauth-tools",
			KEEP_ALIVE_SECONDS, true);

	private UserToolsAdvisor() {
	}

	/**
	 * Create the advisor. From now on it is relied on where a thread does not know the
	 * user. The registry does not create it, because applications without chat clients
	 * have a registry too.
	 * @param connections the registry
	 * @return the advisor
	 */
	public static UserToolsAdvisor of(McpClientRegistry connections) {
		connections.advise();
		return new UserToolsAdvisor();
	}

	@Override
	public String getName() {
		return "MCP user tools advisor";
	}

	@Override
	public int getOrder() {
		// Before the advisor that calls tools, wherever the application puts that one
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
		List<ToolCallback> tools = toolsOfUser(request);
		return chain.nextCall((tools != null) ? withTools(request, tools, Context.empty(), Caller.capture()) : request);
	}

	@Override
	public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
		List<ToolCallback> tools = toolsOfUser(request);
		if (tools == null) {
			return chain.nextStream(request);
		}
		return Flux.deferContextual((chat) -> {
			Caller subscriber = Caller.capture();
			return Mono.fromCallable(() -> withTools(request, tools, chat, subscriber))
				.subscribeOn(this.waiting)
				.flatMapMany(chain::nextStream);
		});
	}

	@Override
	public void close() {
		this.waiting.dispose();
	}

	private static @Nullable List<ToolCallback> toolsOfUser(ChatClientRequest request) {
		List<ToolCallback> tools = (request.prompt().getOptions() instanceof ToolCallingChatOptions options)
				? options.getToolCallbacks() : null;
		return (tools != null && tools.stream().anyMatch(UserToolsAdvisor::isOfUser)) ? tools : null;
	}

	private static boolean isOfUser(ToolCallback tool) {
		return tool instanceof PendingTools || tool instanceof ToolOfUser;
	}

	private static ChatClientRequest withTools(ChatClientRequest request, List<ToolCallback> present, ContextView chat,
			Caller subscriber) {
		ToolCallingChatOptions options = (ToolCallingChatOptions) Objects.requireNonNull(request.prompt().getOptions());
		Map<UserToolRegistry, Boolean> same = new HashMap<>();
		List<ToolCallback> tools = new ArrayList<>();
		for (ToolCallback tool : present) {
			if (tool instanceof PendingTools pending) {
				tools.addAll(pending.of(subscriber.within(chat, options.getToolContext())));
			}
			else if (tool instanceof ToolOfUser mine) {
				Caller caller = mine.caller().within(chat, options.getToolContext());
				Boolean known = same.get(mine.tools());
				boolean keep = (known != null) ? known : mine.tools().areSame(mine.server(), mine.caller(), caller);
				if (keep) {
					tools.add(tool);
				}
				else if (known == null) {
					tools.addAll(mine.tools().get(mine.server(), caller));
				}
				same.put(mine.tools(), keep);
			}
			else {
				tools.add(tool);
			}
		}
		ToolCallingChatOptions.validateToolCallbacks(tools);
		return request.mutate()
			.prompt(new Prompt(request.prompt().getInstructions(), options.mutate().toolCallbacks(tools).build()))
			.build();
	}

}
