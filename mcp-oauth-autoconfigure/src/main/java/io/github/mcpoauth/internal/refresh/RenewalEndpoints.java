// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;

/**
 * The remote parties of a renewal.
 *
 * @param token sends requests to token endpoints
 * @param discovery finds the authorization server of an MCP server
 * @param probe asks an MCP server for its challenge
 */
public record RenewalEndpoints(TokenEndpoint token, Discovery discovery, ServerProbe probe) {

}
