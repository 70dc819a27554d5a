// SPDX-License-Identifier: Apache-2.0

/**
 * A Spring AI application with a chat model that calls the tools of an OAuth-protected
 * MCP server.
 */
@NullMarked
package io.github.mcpoauth.samples.springai;

import org.jspecify.annotations.NullMarked;
