// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import org.jspecify.annotations.Nullable;

/**
 * A bot challenge of HTML stands before the first metadata address (claude-code#72673);
 * OpenID Connect's address answers.
 */
final class BotChallenge extends StandIn {

	@Override
	String vendor() {
		return "A bot challenge";
	}

	@Override
	@Nullable Reply before(Call call) {
		return switch (call.uri().getPath()) {
			case "/.well-known/oauth-authorization-server" ->
				Reply.text(403, "text/html", "<html>Checking your browser</html>");
			case "/.well-known/openid-configuration" -> Reply.json(200, metadata());
			default -> null;
		};
	}

}
