// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP addresses of MCP servers and how requests are matched to them.
 */
@NullMarked
package io.github.mcpoauth.internal.address;

import org.jspecify.annotations.NullMarked;
