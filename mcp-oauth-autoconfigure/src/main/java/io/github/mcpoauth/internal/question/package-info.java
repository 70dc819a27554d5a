// SPDX-License-Identifier: Apache-2.0

/**
 * How questions of MCP servers reach users, and how long they are kept for them.
 */
@NullMarked
package io.github.mcpoauth.internal.question;

import org.jspecify.annotations.NullMarked;
