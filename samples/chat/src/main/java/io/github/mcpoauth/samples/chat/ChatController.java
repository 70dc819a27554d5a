// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.chat;

import java.security.Principal;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.http.MediaType;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/**
 * A page with a chat box. The tools of the model are those of the user who asks.
 */
@RestController
class ChatController {

	private static final String PAGE = """
			<!DOCTYPE html>
			<html lang="en">
			<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Chat</title></head>
			<body>
			<p>Logged in as <strong id="user">%s</strong>. <a id="connections" href="mcp/connections">Connections</a></p>
			<form method="post" action=".">
			<input type="hidden" name="%s" value="%s">
			<label for="message">Message</label> <input id="message" name="message" required autofocus>
			<button>Send</button>
			</form>
			<p id="answer" role="status">%s</p>
			</body>
			</html>
			""";

	private final ChatClient chat;

	ChatController(ChatClient chat) {
		this.chat = chat;
	}

	@GetMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
	String page(Principal user, CsrfToken csrf) {
		return page(user, csrf, "Try: echo hello");
	}

	@PostMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
	String chat(@RequestParam String message, Principal user, CsrfToken csrf) {
		return page(user, csrf, String.valueOf(this.chat.prompt(new Prompt(message)).call().content()));
	}

	private static String page(Principal user, CsrfToken csrf, String answer) {
		return PAGE.formatted(HtmlUtils.htmlEscape(user.getName()), csrf.getParameterName(), csrf.getToken(),
				HtmlUtils.htmlEscape(answer));
	}

}
