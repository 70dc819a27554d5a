// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Function;

import io.modelcontextprotocol.client.McpClient.AsyncSpec;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Passes on the reports of a server of the protocol up to 2025-11-25. They come beside
 * the answers and name the call that they are about by a token.
 */
final class LegacyProgress {

	private static final String TOKEN = "progressToken";

	private final ConcurrentMap<Object, Consumer<ProgressNotification>> listeners = new ConcurrentHashMap<>();

	/**
	 * Listen to the reports that a client receives.
	 * @param client the builder of the client
	 */
	void addTo(AsyncSpec client) {
		client.progressConsumer((report) -> Mono.fromRunnable(() -> pass(report)));
	}

	private void pass(ProgressNotification report) {
		Consumer<ProgressNotification> listener = this.listeners.get(report.progressToken());
		if (listener != null) {
			listener.accept(report);
		}
	}

	/**
	 * Make a call whose reports are listened to.
	 * @param request the call
	 * @param listener hears the reports, {@code null} for none
	 * @param operation makes the call
	 * @return a mono with the result
	 */
	Mono<CallToolResult> during(CallToolRequest request, @Nullable Consumer<ProgressNotification> listener,
			Function<CallToolRequest, Mono<CallToolResult>> operation) {
		if (listener == null) {
			return operation.apply(request);
		}
		return Mono.defer(() -> {
			String token = UUID.randomUUID().toString();
			Map<String, Object> meta = new LinkedHashMap<>((request.meta() != null) ? request.meta() : Map.of());
			meta.put(TOKEN, token);
			// Before the call is sent: the first report may come at once
			this.listeners.put(token, listener);
			return operation
				.apply(CallToolRequest.builder(request.name()).arguments(request.arguments()).meta(meta).build())
				.doFinally((signal) -> this.listeners.remove(token));
		});
	}

}
