// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.util.Map;

/**
 * Counters of requests to the demo server.
 *
 * @param tokenRequests token requests by grant type, then by outcome: {@code ok} or the
 * error code
 * @param mcpRequests requests to the MCP server by HTTP status
 * @param mcpVersions requests to the MCP server by the version of the protocol that they
 * name, {@code none} for those that name no version
 * @param authorizations authorization requests by HTTP status
 * @param registrations client registrations by HTTP status
 * @param revocations revocation requests by HTTP status
 */
public record DemoStats(Map<String, Map<String, Long>> tokenRequests, Map<String, Long> mcpRequests,
		Map<String, Long> mcpVersions, Map<String, Long> authorizations, Map<String, Long> registrations,
		Map<String, Long> revocations) {

	/**
	 * The number of token requests of one kind.
	 * @param grantType the {@code grant_type}
	 * @param outcome {@code ok} or the error code
	 * @return how many there were
	 */
	public long tokenRequests(String grantType, String outcome) {
		return this.tokenRequests.getOrDefault(grantType, Map.of()).getOrDefault(outcome, 0L);
	}

	/**
	 * The number of requests to the MCP server with one answer.
	 * @param status the HTTP status
	 * @return how many there were
	 */
	public long mcpRequests(int status) {
		return this.mcpRequests.getOrDefault(Integer.toString(status), 0L);
	}

}
