// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.springai;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Answers messages with a model that may call tools.
 */
@RestController
class ChatController {

	private final ChatClient chat;

	ChatController(ChatClient chat) {
		this.chat = chat;
	}

	/**
	 * Takes {@code application/json} only, which a browser sends to another site after
	 * asking only: a form or a script of a web page cannot make the model call tools.
	 */
	@PostMapping(path = "/chat", consumes = MediaType.APPLICATION_JSON_VALUE)
	Mono<String> chat(@RequestBody Message request) {
		return Mono.fromCallable(() -> this.chat.prompt(new Prompt(request.message())).call().content())
			.subscribeOn(Schedulers.boundedElastic());
	}

	record Message(String message) {

	}

}
