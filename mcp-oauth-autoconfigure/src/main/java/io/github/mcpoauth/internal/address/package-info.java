// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP addresses of MCP servers, how requests are matched to them, and kinds of network
 * addresses.
 */
@NullMarked
package io.github.mcpoauth.internal.address;

import org.jspecify.annotations.NullMarked;
