// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * A server that speaks the HTTP+SSE transport of 2024-11-05 only: a stream, whose first
 * event names the address for messages (cline#13050, gemini-cli#10165).
 */
final class Sse20241105 extends StandIn {

	private static final String MESSAGES = "/messages";

	private volatile Sinks.Many<String> stream = Sinks.many().unicast().onBackpressureBuffer();

	@Override
	String vendor() {
		return "HTTP+SSE of 2024-11-05";
	}

	@Override
	String endpoint() {
		return "/sse";
	}

	@Override
	@Nullable Flux<String> events(Call call) {
		if (!"GET".equals(call.method()) || !endpoint().equals(call.uri().getPath()) || !isAuthorized(call)) {
			return null;
		}
		Sinks.Many<String> opened = Sinks.many().unicast().onBackpressureBuffer();
		opened.tryEmitNext("event: endpoint\ndata: " + MESSAGES + "\n\n");
		this.stream = opened;
		return opened.asFlux();
	}

	@Override
	@Nullable Reply before(Call call) {
		if (endpoint().equals(call.uri().getPath()) && !"GET".equals(call.method()) && isAuthorized(call)) {
			return Reply.empty(405);
		}
		if (!MESSAGES.equals(call.uri().getPath())) {
			return null;
		}
		Reply reply = mcp(call);
		if (reply.status() != 200) {
			return reply;
		}
		this.stream.tryEmitNext("event: message\ndata: " + reply.body() + "\n\n");
		return Reply.empty(202);
	}

}
