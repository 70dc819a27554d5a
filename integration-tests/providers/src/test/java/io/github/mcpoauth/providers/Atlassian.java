// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.util.Map;

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
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.put("issuer", base() + "/cf");
		return metadata;
	}

}
