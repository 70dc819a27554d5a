// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import tools.jackson.databind.JsonNode;

/**
 * The demo server, which is an authorization server and the MCP server it protects.
 */
final class Demo implements AutoCloseable {

	static final String MODERN = "2026-07-28";

	static final String LEGACY = "2025-11-25";

	private final JarProcess process;

	private final Requests requests;

	private final URI mcpUrl;

	private Demo(JarProcess process, Requests requests, URI mcpUrl) {
		this.process = process;
		this.requests = requests;
		this.mcpUrl = mcpUrl;
	}

	static Demo start(Path jar, Duration tokenLifetime, Requests requests) throws IOException, InterruptedException {
		JarProcess process = JarProcess.start(jar, List.of("--server.port=0", "--demo.auto-login=true",
				"--demo.access-token-ttl=" + tokenLifetime.toSeconds() + "s"));
		return new Demo(process, requests, URI.create(process.await("MCP server: +(\\S+)")));
	}

	URI mcpUrl() {
		return this.mcpUrl;
	}

	Counts counts() {
		JsonNode stats = this.requests.get(this.mcpUrl.resolve("/demo/stats"));
		return new Counts(stats.at("/tokenRequests/refresh_token/ok").asLong(0),
				stats.at("/tokenRequests/refresh_token").valueStream().mapToLong(JsonNode::asLong).sum(),
				stats.at("/mcpRequests/401").asLong(0), stats.at("/mcpVersions/" + MODERN).asLong(0),
				stats.at("/mcpVersions/" + LEGACY).asLong(0));
	}

	void revokeAccessTokens() {
		this.requests.post(this.mcpUrl.resolve("/demo/revoke-access-tokens"), "").join();
	}

	void revokeGrants() {
		this.requests.post(this.mcpUrl.resolve("/demo/revoke-grants"), "").join();
	}

	@Override
	public void close() {
		this.process.close();
	}

	/**
	 * Requests to the server so far.
	 *
	 * @param refreshes refresh token requests that it granted
	 * @param refreshRequests all refresh token requests
	 * @param rejections requests to the MCP server that it answered with 401
	 * @param modern requests to the MCP server in the protocol without sessions
	 * @param legacy requests to the MCP server in the protocol with sessions
	 */
	record Counts(long refreshes, long refreshRequests, long rejections, long modern, long legacy) {

		Counts since(Counts before) {
			return new Counts(this.refreshes - before.refreshes, this.refreshRequests - before.refreshRequests,
					this.rejections - before.rejections, this.modern - before.modern, this.legacy - before.legacy);
		}

	}

}
