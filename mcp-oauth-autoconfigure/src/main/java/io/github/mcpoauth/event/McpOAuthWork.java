// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.event;

import org.jspecify.annotations.Nullable;

/**
 * Work that a {@link McpOAuthListener} can watch.
 *
 * @param kind the kind of work
 * @param server name of the server it is done for
 * @param trigger the trigger, {@code null} but for refreshes and recoveries
 * @param operation the operation of the token store, {@code null} for other kinds
 */
public record McpOAuthWork(Kind kind, String server, @Nullable Trigger trigger, @Nullable Operation operation) {

	/**
	 * A refresh or a recovery.
	 * @param kind which of them
	 * @param server name of the server
	 * @param trigger the trigger
	 */
	public McpOAuthWork(Kind kind, String server, Trigger trigger) {
		this(kind, server, trigger, null);
	}

	/**
	 * A discovery.
	 * @param server name of the server
	 * @return the work
	 */
	public static McpOAuthWork discovery(String server) {
		return new McpOAuthWork(Kind.DISCOVERY, server, null, null);
	}

	/**
	 * A login.
	 * @param server name of the server
	 * @return the work
	 */
	public static McpOAuthWork login(String server) {
		return new McpOAuthWork(Kind.LOGIN, server, null, null);
	}

	/**
	 * An operation of the token store.
	 * @param server name of the server
	 * @param operation the operation
	 * @return the work
	 */
	public static McpOAuthWork store(String server, Operation operation) {
		return new McpOAuthWork(Kind.STORE, server, null, operation);
	}

	/**
	 * Kinds of work.
	 */
	public enum Kind {

		/**
		 * Renewing a token, once for all callers that wait for it.
		 */
		REFRESH,

		/**
		 * Answering one caller after its token was rejected.
		 */
		RECOVERY,

		/**
		 * Discovering the authorization server of an MCP server.
		 */
		DISCOVERY,

		/**
		 * A login from the first request for it to its end, which may be a user's to
		 * decide on.
		 */
		LOGIN,

		/**
		 * Reading from or writing to the store.
		 */
		STORE

	}

	/**
	 * The trigger of work.
	 */
	public enum Trigger {

		/**
		 * A request without a usable token: there is no token yet, or it has expired or
		 * was rejected before.
		 */
		REQUEST,

		/**
		 * A request with a token in the last part of its life, which does not wait.
		 */
		BACKGROUND,

		/**
		 * The MCP server rejected a token.
		 */
		REJECTION,

		/**
		 * An explicit call, which ignores a retry backoff and a temporary refusal.
		 */
		DEMAND

	}

	/**
	 * Operations of the token store. Checking whether a grant has changed does not count:
	 * every request does it.
	 */
	public enum Operation {

		/**
		 * Read the grant.
		 */
		LOAD,

		/**
		 * Write the grant.
		 */
		SAVE,

		/**
		 * Remove the grant.
		 */
		DELETE,

		/**
		 * Remove all there is.
		 */
		PURGE,

		/**
		 * Read the registered client.
		 */
		LOAD_CLIENT,

		/**
		 * Write the registered client.
		 */
		SAVE_CLIENT,

		/**
		 * Remove the registered client.
		 */
		DELETE_CLIENT,

		/**
		 * Read the metadata of the authorization server.
		 */
		LOAD_METADATA,

		/**
		 * List the keys of principals, of any server.
		 */
		LIST

	}

}
