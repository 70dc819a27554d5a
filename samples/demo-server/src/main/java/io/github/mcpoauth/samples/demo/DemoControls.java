// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.util.Map;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Lets a demonstration act on grants as operators and time do. It needs no login: this
 * server guards nothing.
 */
@RestController
@RequestMapping("/demo")
public final class DemoControls {

	private final Grants grants;

	private final Clients clients;

	private final McpSessionIds sessions;

	private final Traffic traffic;

	DemoControls(Grants grants, Clients clients, McpSessionIds sessions, Traffic traffic) {
		this.grants = grants;
		this.clients = clients;
		this.sessions = sessions;
		this.traffic = traffic;
	}

	/**
	 * Make all access tokens worthless. Refresh tokens live on.
	 * @return how many grants were touched
	 */
	@PostMapping("/revoke-access-tokens")
	public Map<String, Integer> revokeAccessTokens() {
		return Map.of("revoked", this.grants.revokeAccessTokens());
	}

	/**
	 * Make all access tokens and refresh tokens worthless.
	 * @return how many grants were touched
	 */
	@PostMapping("/revoke-grants")
	public Map<String, Integer> revokeGrants() {
		return Map.of("revoked", this.grants.revokeAll());
	}

	/**
	 * Forget the clients that registered themselves, as servers do after some time.
	 * @return how many were forgotten
	 */
	@PostMapping("/forget-clients")
	public Map<String, Integer> forgetClients() {
		return Map.of("forgotten", this.clients.forgetRegistered());
	}

	/**
	 * Forget all MCP sessions, as a restart does.
	 * @return how many were forgotten
	 */
	@PostMapping("/forget-sessions")
	public Map<String, Integer> forgetSessions() {
		return Map.of("forgotten", this.sessions.forget());
	}

	/**
	 * Requests to the server so far.
	 * @return the counters
	 */
	@GetMapping("/stats")
	public DemoStats stats() {
		return this.traffic.stats();
	}

}
