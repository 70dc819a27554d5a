// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Cloudflare Access: each request needs the gateway's own headers, those of OAuth too
 * (pi-mcp-adapter#530).
 */
final class CloudflareAccess extends StandIn {

	@Override
	String vendor() {
		return "Cloudflare Access";
	}

	@Override
	List<String> settings() {
		return List.of("headers.CF-Access-Client-Id=id.access", "headers.CF-Access-Client-Secret=gateway-secret");
	}

	@Override
	@Nullable Reply before(Call call) {
		boolean browser = "/authorize".equals(call.uri().getPath());
		return (browser || "gateway-secret".equals(call.header("CF-Access-Client-Secret"))) ? null
				: Reply.text(403, "text/html", "<html>Forbidden by Access</html>");
	}

}
