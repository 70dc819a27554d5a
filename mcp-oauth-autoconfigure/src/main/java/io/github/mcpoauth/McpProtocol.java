// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

/**
 * The protocol that an MCP server speaks, in the terms of the MCP specification
 * 2026-07-28 (Versioning and Compatibility).
 */
public enum McpProtocol {

	/**
	 * Ask the server, and ask again when it changes.
	 */
	AUTO,

	/**
	 * Versions up to 2025-11-25, which begin with {@code initialize} and may have
	 * sessions.
	 */
	LEGACY,

	/**
	 * Version 2026-07-28 and later, where each request stands for itself.
	 */
	MODERN

}
