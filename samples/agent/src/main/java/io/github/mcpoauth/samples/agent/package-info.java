// SPDX-License-Identifier: Apache-2.0

/**
 * An agent that calls the tools of OAuth-protected MCP servers.
 */
@NullMarked
package io.github.mcpoauth.samples.agent;

import org.jspecify.annotations.NullMarked;
