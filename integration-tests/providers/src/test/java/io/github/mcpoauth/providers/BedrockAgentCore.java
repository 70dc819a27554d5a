// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

/**
 * Amazon Bedrock AgentCore: the address has an encoded ARN in its path and a query
 * (pi-mcp-adapter#173).
 */
final class BedrockAgentCore extends StandIn {

	@Override
	String vendor() {
		return "Amazon Bedrock AgentCore";
	}

	@Override
	String endpoint() {
		return "/runtimes/arn%3Aaws%3Abedrock-agentcore%3Aus-west-2%3A123456789012%3Aruntime%2Fdemo/invocations?qualifier=DEFAULT";
	}

}
