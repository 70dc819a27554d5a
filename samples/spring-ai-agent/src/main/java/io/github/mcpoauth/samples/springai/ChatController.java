// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import java.nio.charset.StandardCharsets;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * Chats with whoever posts to it.
 */
@RestController
class ChatController {

	private static final int LONGEST_MESSAGE = 1024 * 1024;

	private final ChatClient chat;

	ChatController(ChatClient chat) {
		this.chat = chat;
	}

	/**
	 * The body is text whatever its content type says, for the sake of {@code curl -d}.
	 */
	@PostMapping("/chat")
	Mono<String> chat(ServerHttpRequest request) {
		return DataBufferUtils.join(request.getBody(), LONGEST_MESSAGE)
			.map(ChatController::text)
			.defaultIfEmpty("")
			.flatMap((message) -> Mono.fromCallable(() -> this.chat.prompt(new Prompt(message)).call().content())
				.subscribeOn(Schedulers.boundedElastic()));
	}

	private static String text(DataBuffer body) {
		try {
			return body.toString(StandardCharsets.UTF_8);
		}
		finally {
			DataBufferUtils.release(body);
		}
	}

	@ExceptionHandler(DataBufferLimitException.class)
	@ResponseStatus(HttpStatus.CONTENT_TOO_LARGE)
	String tooLarge() {
		return "The message is too long";
	}

}
