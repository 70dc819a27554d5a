// SPDX-License-Identifier: Apache-2.0

/**
 * Stand-ins that play the providers of remote MCP servers, and the tests that run an
 * application against each of them.
 */
@NullMarked
package io.github.mcpoauth.providers;

import org.jspecify.annotations.NullMarked;
