// SPDX-License-Identifier: Apache-2.0

/**
 * Questions that MCP servers ask the user, and how applications answer them.
 */
@NullMarked
package io.github.mcpoauth.question;

import org.jspecify.annotations.NullMarked;
