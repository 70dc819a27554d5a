// SPDX-License-Identifier: Apache-2.0

/**
 * Tests with the MCP SDK 0.18 and its {@code mcp-spring-webflux}, which moved to Spring
 * AI since.
 */
@NullMarked
package io.github.mcpoauth.retired;

import org.jspecify.annotations.NullMarked;
