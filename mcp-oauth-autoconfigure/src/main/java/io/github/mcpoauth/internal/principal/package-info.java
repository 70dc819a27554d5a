// SPDX-License-Identifier: Apache-2.0

/**
 * Finds the user of a caller where Spring Security, the MCP SDK and threads keep it.
 */
@NullMarked
package io.github.mcpoauth.internal.principal;

import org.jspecify.annotations.NullMarked;
