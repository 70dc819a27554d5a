// SPDX-License-Identifier: Apache-2.0

/**
 * MCP sessions that connect when they are needed, survive when the server forgets them,
 * and report to a model or a user when a login is required.
 */
@NullMarked
package io.github.mcpoauth.session;

import org.jspecify.annotations.NullMarked;
