// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.net.URI;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A framework that redirects to the path with a slash at its end (rust-sdk#1203,
 * context-forge#4441).
 */
final class SlashRedirect extends StandIn {

	@Override
	String vendor() {
		return "A framework that adds a slash";
	}

	@Override
	String endpoint() {
		return "/mcp/";
	}

	@Override
	URI configuredUrl() {
		return base().resolve("/mcp");
	}

	@Override
	@Nullable Reply before(Call call) {
		return "/mcp".equals(call.uri().getPath()) ? Reply.redirect(307, url()) : null;
	}

	@Override
	Reply resourceMetadata() {
		return Reply.json(200, Map.of("resource", base() + "/mcp", "authorization_servers", List.of(issuer())));
	}

}
