// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/**
 * The MCP server as a protected resource. Its URLs follow the request, so that any port
 * and any name of this machine will do.
 */
final class ProtectedResource {

	/** Path of the MCP endpoint. */
	static final String PATH = "/mcp";

	/** Scope that a token needs. */
	static final String SCOPE = "mcp:tools";

	private static final String METADATA_PATH = "/.well-known/oauth-protected-resource";

	private ProtectedResource() {
	}

	static String issuer() {
		return ServletUriComponentsBuilder.fromCurrentContextPath().toUriString();
	}

	static String identifier() {
		return issuer() + PATH;
	}

	static String metadataUrl() {
		return issuer() + METADATA_PATH + PATH;
	}

}
