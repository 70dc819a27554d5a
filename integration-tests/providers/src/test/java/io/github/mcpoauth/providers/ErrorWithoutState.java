// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A login page that reports an error without {@code state}, and succeeds when the user
 * tries again (screenpipe#5122, opengeni#275).
 */
final class ErrorWithoutState extends StandIn {

	private final AtomicBoolean failing = new AtomicBoolean();

	@Override
	String vendor() {
		return "error without state";
	}

	@Override
	int visits() {
		return 2;
	}

	@Override
	Reply authorize(Map<String, String> parameters) {
		boolean fails = !this.failing.get();
		this.failing.set(fails);
		return fails ? Reply.redirect(302, URI.create(parameters.get("redirect_uri") + "?error=server_error"))
				: super.authorize(parameters);
	}

}
