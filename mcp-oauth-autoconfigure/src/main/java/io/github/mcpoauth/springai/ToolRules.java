// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import org.springframework.ai.mcp.McpToolFilter;
import org.springframework.ai.mcp.McpToolNamePrefixGenerator;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;

/**
 * The rules of the application for the tools of its connections.
 *
 * @param filter its choice of tools
 * @param names its names for them
 * @param meta converts the context of their caller
 */
record ToolRules(McpToolFilter filter, McpToolNamePrefixGenerator names, ToolContextToMcpMetaConverter meta) {
}
