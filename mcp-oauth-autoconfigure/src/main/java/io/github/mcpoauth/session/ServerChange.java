// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import org.jspecify.annotations.Nullable;

/**
 * A change at an MCP server. It says that something is to be read again, not what is new.
 *
 * @param kind the kind of thing that has changed
 * @param uri address of the resource, {@code null} if a list has changed
 * @see McpServerSession#changes(String...)
 */
public record ServerChange(Kind kind, @Nullable String uri) {

	static ServerChange of(Kind list) {
		return new ServerChange(list, null);
	}

	static ServerChange resource(String uri) {
		return new ServerChange(Kind.RESOURCE, uri);
	}

	/**
	 * The kinds of things that change.
	 */
	public enum Kind {

		/**
		 * The list of tools.
		 */
		TOOLS,

		/**
		 * The list of prompts.
		 */
		PROMPTS,

		/**
		 * The list of resources.
		 */
		RESOURCES,

		/**
		 * The content of a resource.
		 */
		RESOURCE

	}

}
