// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Atlassian: the metadata name another issuer than the address they were found at
 * (atlassian-mcp-server#205).
 */
final class Atlassian extends StandIn {

	@Override
	String vendor() {
		return "Atlassian";
	}

	@Override
	List<String> advisedSettings() {
		return List.of("oauth.authorization-server=" + base() + "/cf");
	}

	@Override
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.put("issuer", base() + "/cf");
		return metadata;
	}

	@Override
	@Nullable Reply before(Call call) {
		return "/.well-known/oauth-authorization-server/cf".equals(call.uri().getPath()) ? Reply.json(200, metadata())
				: null;
	}

}
