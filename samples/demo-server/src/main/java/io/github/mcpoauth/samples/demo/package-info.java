// SPDX-License-Identifier: Apache-2.0

/**
 * An authorization server and an OAuth-protected MCP server in one application.
 */
@NullMarked
package io.github.mcpoauth.samples.demo;

import org.jspecify.annotations.NullMarked;
