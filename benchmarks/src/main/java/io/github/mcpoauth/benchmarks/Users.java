// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import reactor.util.context.Context;

/**
 * The users of an application with many of them.
 */
final class Users {

	static final List<String> NAMES = IntStream.range(0, 10_000).mapToObj("user%05d@example.com"::formatted).toList();

	/**
	 * The application finds the user in the Reactor context, and all users at work stay
	 * in memory.
	 */
	static final Map<String, String> PROPERTIES = Map.of("mcp.oauth.principal.source", "context",
			"mcp.oauth.principal.context-key", "user", "mcp.oauth.principal.when-absent", "application",
			"mcp.oauth.principal.cache-size", "20000");

	private Users() {
	}

	/**
	 * The Reactor contexts of requests, one of each user.
	 * @return the contexts
	 */
	static List<Context> contexts() {
		return NAMES.stream().map((name) -> Context.of("user", name)).toList();
	}

}
