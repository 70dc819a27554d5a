// SPDX-License-Identifier: Apache-2.0

/**
 * Test support for applications that call MCP servers: servers on loopback in place of
 * the configured ones, and assertions on what they received.
 */
@NullMarked
package io.github.mcpoauth.test;

import org.jspecify.annotations.NullMarked;
