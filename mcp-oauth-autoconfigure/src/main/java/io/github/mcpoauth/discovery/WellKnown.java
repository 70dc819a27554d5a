/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.discovery;

import java.net.URI;
import java.util.List;

/**
 * Well-known addresses (RFC 8615), in the order in which the MCP specification looks at
 * them.
 */
final class WellKnown {

	private static final String PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource";

	private static final String AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server";

	private static final String OPENID = "/.well-known/openid-configuration";

	private WellKnown() {
	}

	/**
	 * Where the metadata of a protected resource may be.
	 * @param server address of the MCP server
	 * @return the addresses
	 */
	static List<String> protectedResource(URI server) {
		String root = ResourceIdentifiers.origin(server) + PROTECTED_RESOURCE;
		String path = path(server);
		return path.isEmpty() ? List.of(root) : List.of(root + path, root);
	}

	/**
	 * Where the metadata of an authorization server may be.
	 * @param issuer its issuer identifier
	 * @return the addresses
	 */
	static List<String> authorizationServer(URI issuer) {
		String origin = ResourceIdentifiers.origin(issuer);
		String path = path(issuer);
		return path.isEmpty() ? List.of(origin + AUTHORIZATION_SERVER, origin + OPENID)
				: List.of(origin + AUTHORIZATION_SERVER + path, origin + OPENID + path, origin + path + OPENID);
	}

	/**
	 * The path without a terminating slash (RFC 8414, section 3.1).
	 */
	private static String path(URI uri) {
		String path = (uri.getRawPath() != null) ? uri.getRawPath() : "";
		return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
	}

}
