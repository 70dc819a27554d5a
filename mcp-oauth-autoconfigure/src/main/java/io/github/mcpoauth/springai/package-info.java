// SPDX-License-Identifier: Apache-2.0

/**
 * The tools of Spring AI's MCP clients, of which one that needs a login does not take the
 * others with it.
 */
@NullMarked
package io.github.mcpoauth.springai;

import org.jspecify.annotations.NullMarked;
