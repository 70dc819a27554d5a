// SPDX-License-Identifier: Apache-2.0

/**
 * MCP sessions that connect when they are needed, heal when the server forgets them, and
 * say what a model or a person has to know.
 */
@NullMarked
package io.github.mcpoauth.session;

import org.jspecify.annotations.NullMarked;
