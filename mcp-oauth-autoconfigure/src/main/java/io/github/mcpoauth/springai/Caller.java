// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.HashMap;
import java.util.Map;

import io.github.mcpoauth.internal.principal.CallerContext;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.ai.chat.model.ToolContext;
import org.springframework.ai.model.tool.internal.ToolCallReactiveContextHolder;

/**
 * The user for whom tools were asked for. The user is read from the thread that asks for
 * the tools. The thread that calls a tool is not asked: {@code stream()} calls tools on
 * threads of a pool.
 *
 * @param context the user of the thread that asked, or its absence
 * @param thread name of that thread
 */
record Caller(Context context, String thread) {

	static Caller capture() {
		return new Caller(CallerContext.capture(), Thread.currentThread().getName());
	}

	/**
	 * The user of a chat. The {@code ToolContext} of the chat comes first, its Reactor
	 * context second.
	 * @param chat the Reactor context of the chat
	 * @param toolContext the entries of its {@code ToolContext}, or {@code null}
	 * @return the user, or the absence of one
	 */
	Caller within(ContextView chat, @Nullable Map<String, Object> toolContext) {
		return new Caller(with(chat, entries(toolContext)), this.thread);
	}

	/**
	 * The Reactor context of a call. A user whom the application has put into the
	 * {@code ToolContext} comes first, one in the Reactor context of the chat second.
	 * @param toolContext the context of the tool, or {@code null}
	 * @return the context
	 */
	Context forCall(@Nullable ToolContext toolContext) {
		return with(ToolCallReactiveContextHolder.getContext(), entries(toolContext));
	}

	private Context with(ContextView chat, ContextView entries) {
		return this.context.putAll(chat).putAll(CallerContext.carriedBy(chat).readOnly()).putAll(entries);
	}

	/**
	 * The Reactor context of the same call if the user of the present thread made it.
	 * @param toolContext the context of the tool, or {@code null}
	 * @return the context, {@code null} if the thread is not that of a user, or only runs
	 * the tools of a stream
	 */
	@Nullable Context forThread(@Nullable ToolContext toolContext) {
		if (!ToolCallReactiveContextHolder.getContext().isEmpty()) {
			return null;
		}
		Context user = CallerContext.of(Context.empty());
		return user.isEmpty() ? null : user.putAll(entries(toolContext));
	}

	private static ContextView entries(@Nullable ToolContext toolContext) {
		return entries((toolContext != null) ? toolContext.getContext() : null);
	}

	private static ContextView entries(@Nullable Map<String, Object> toolContext) {
		Map<Object, Object> entries = new HashMap<>();
		if (toolContext != null) {
			toolContext.forEach((key, value) -> {
				if (value != null) {
					entries.put(key, value);
				}
			});
		}
		return Context.of(entries).readOnly();
	}

}
