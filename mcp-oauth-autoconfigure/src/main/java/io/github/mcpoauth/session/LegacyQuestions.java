// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.modelcontextprotocol.client.McpClient.AsyncSpec;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.ElicitResult;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse.JSONRPCError;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Answers the questions of a server of the protocol up to 2025-11-25. They come as
 * requests of the server that do not name the call they belong to: if one call is under
 * way, it is that one.
 */
final class LegacyQuestions {

	private final QuestionRegistry questions;

	private final GrantKey key;

	private final Duration requestTimeout;

	private final WorkThreads threads;

	// Oldest first: with several calls, the oldest one gives its deadline
	private final Collection<Call> calls = new ConcurrentLinkedQueue<>();

	LegacyQuestions(GrantKey key, SessionClients clients) {
		this.questions = clients.questions();
		this.key = key;
		this.requestTimeout = clients.settings().requestTimeout();
		this.threads = clients.threads();
	}

	/**
	 * How long the client waits for an answer, with the time for questions in it.
	 * @return the time
	 */
	Duration timeout() {
		return isAsking() ? this.requestTimeout.plus(this.questions.settings().timeout()) : this.requestTimeout;
	}

	private boolean isAsking() {
		return !this.questions.modes().isEmpty();
	}

	/**
	 * Answer the questions that a client receives.
	 * @param client the builder of the client, which derives its capabilities from this
	 * @param modes the modes to answer
	 */
	void addTo(AsyncSpec client, Set<Question.Mode> modes) {
		if (modes.contains(Question.Mode.FORM)) {
			client.elicitation((form) -> answer(
					(inquiry) -> inquiry.form(String.valueOf(form.message()), form.requestedSchema())));
		}
		if (modes.contains(Question.Mode.URL)) {
			client.urlElicitation((url) -> answer(
					(inquiry) -> inquiry.url(String.valueOf(url.message()), String.valueOf(url.url()))));
		}
	}

	private Mono<ElicitResult> answer(Function<Inquiry, Mono<Answer>> ask) {
		return Mono.defer(() -> {
			List<Call> asking = List.copyOf(this.calls);
			if (asking.isEmpty()) {
				// The call has ended, so the answer would have no use
				return Mono.just(result(Answer.cancel()));
			}
			asking.forEach(Call::asked);
			Inquiry first = asking.get(0).inquiry;
			return ask.apply((asking.size() == 1) ? first : first.ofSeveral())
				.map(LegacyQuestions::result)
				.onErrorResume(UserRequiredException.class, (ex) -> {
					asking.forEach((call) -> call.open.compareAndSet(null, ex));
					return Mono.just(result(Answer.cancel()));
				})
				.onErrorResume(McpCallException.class, (ex) -> {
					asking.get(0).giveUp(ex);
					return Mono.error(new McpError(new JSONRPCError(ErrorCodes.INVALID_PARAMS, ex.getMessage(), null)));
				});
		});
	}

	private static ElicitResult result(Answer answer) {
		return switch (answer.action()) {
			case ACCEPT -> ElicitResult.builder(ElicitResult.Action.ACCEPT)
				.content(answer.content().isEmpty() ? null : answer.content())
				.build();
			case DECLINE -> ElicitResult.builder(ElicitResult.Action.DECLINE).build();
			case CANCEL -> ElicitResult.builder(ElicitResult.Action.CANCEL).build();
		};
	}

	/**
	 * Make a call during which the server may ask. Without a question it takes no longer
	 * than a call without questions may.
	 * @param <T> the type of its result
	 * @param operation the call
	 * @return a mono with the result
	 */
	<T> Mono<T> during(Mono<T> operation) {
		return during(null, (call) -> SessionCall.answered(operation));
	}

	/**
	 * Call a tool.
	 * @param tool name of the tool
	 * @param operation the call
	 * @return a mono with the result. It fails with {@link UserRequiredException} if the
	 * tool failed after the user was not asked
	 */
	Mono<CallToolResult> callTool(String tool, Mono<CallToolResult> operation) {
		return during(tool,
				(call) -> SessionCall.answered(operation)
					.onErrorResume(McpError.class, (ex) -> failed(call, ex))
					.flatMap((result) -> ended(call, result)));
	}

	private <T> Mono<T> during(@Nullable String tool, Function<Call, Mono<T>> operation) {
		return Mono.defer(() -> {
			Call call = new Call(new Inquiry(this.questions, this.key, tool));
			if (!isAsking()) {
				return operation.apply(call);
			}
			this.calls.add(call);
			return Mono.firstWithSignal(operation.apply(call), call.givenUp.asMono().then(Mono.never()))
				.timeout(late(call))
				.onErrorResume(TimeoutException.class, this.threads::deliver)
				.doFinally((signal) -> this.calls.remove(call));
		});
	}

	/**
	 * The time of a call with questions is bounded by that of the client.
	 */
	private Mono<Long> late(Call call) {
		return Mono.delay(this.requestTimeout, this.threads.timer())
			.flatMap((tick) -> call.asked ? Mono.never() : Mono.just(tick));
	}

	/**
	 * A tool may go on without the answer. The model then hears of its result and of the
	 * question.
	 */
	private static Mono<CallToolResult> ended(Call call, CallToolResult result) {
		UserRequiredException open = call.open.get();
		if (open == null) {
			return Mono.just(result);
		}
		if (Boolean.TRUE.equals(result.isError())) {
			return Mono.error(open);
		}
		List<Content> content = new ArrayList<>(result.content());
		content.add(TextContent.builder(String.valueOf(open.getMessage())).build());
		return Mono.just(new CallToolResult(content, result.isError(), result.structuredContent(), result.meta()));
	}

	private Mono<CallToolResult> failed(Call call, McpError failure) {
		UserRequiredException open = call.open.get();
		if (open != null) {
			return Mono.error(open);
		}
		JSONRPCError error = failure.getJsonRpcError();
		boolean required = error != null && error.code() == ErrorCodes.URL_ELICITATION_REQUIRED
				&& error.data() instanceof Map<?, ?>;
		return required ? required(call, (Map<?, ?>) error.data(), failure) : Mono.error(failure);
	}

	/**
	 * The server has ended the call, and wants the user to open addresses before the next
	 * one.
	 */
	private Mono<CallToolResult> required(Call call, Map<?, ?> data, McpError failure) {
		List<?> addresses = (data.get("elicitations") instanceof List<?> list) ? list : List.of();
		return Flux.fromIterable(addresses)
			.take(Inquiry.MOST_ROUNDS)
			.ofType(Map.class)
			.concatMap((address) -> call.inquiry.required(String.valueOf(address.get("message")),
					String.valueOf(address.get("url"))))
			.collectList()
			.flatMap((failures) -> Mono.error(failures.isEmpty() ? failure : failures.get(0)));
	}

	/**
	 * A call under way.
	 */
	private static final class Call {

		private final Inquiry inquiry;

		private final AtomicReference<@Nullable UserRequiredException> open = new AtomicReference<>();

		private final Sinks.Empty<Void> givenUp = Sinks.empty();

		// Written by the thread that receives a question, read by that of the deadline
		private volatile boolean asked;

		Call(Inquiry inquiry) {
			this.inquiry = inquiry;
		}

		void asked() {
			this.asked = true;
		}

		void giveUp(McpCallException failure) {
			// A call is given up once; a second failure has no hearer
			this.givenUp.tryEmitError(failure);
		}

	}

}
