// SPDX-License-Identifier: Apache-2.0

/**
 * Finds the protected resource and authorization server metadata in the order the MCP
 * specification gives.
 */
@NullMarked
package io.github.mcpoauth.internal.discovery;

import org.jspecify.annotations.NullMarked;
