// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of sessions with MCP servers that are not made with the Java SDK, and of sessions
 * that last.
 */
@NullMarked
package io.github.mcpoauth.servers;

import org.jspecify.annotations.NullMarked;
