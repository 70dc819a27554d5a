// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.event;

import org.jspecify.annotations.Nullable;

/**
 * Work that a {@link McpOAuthListener} can watch.
 *
 * @param kind what is done
 * @param server name of the server it is done for
 * @param trigger what began it, {@code null} but for refreshes and recoveries
 * @param operation what is asked of the token store, {@code null} but for that
 */
public record McpOAuthWork(Kind kind, String server, @Nullable Trigger trigger, @Nullable Operation operation) {

	/**
	 * A refresh or a recovery.
	 * @param kind which of them
	 * @param server name of the server
	 * @param trigger what began it
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
		 * Renewing a token, once for all who wait for it.
		 */
		REFRESH,

		/**
		 * Answering one caller whose token was refused.
		 */
		RECOVERY,

		/**
		 * Finding out who authorizes for a server, and how.
		 */
		DISCOVERY,

		/**
		 * A login from the first request for it to its end, which may be a person's to
		 * decide on.
		 */
		LOGIN,

		/**
		 * Reading or writing what is stored.
		 */
		STORE

	}

	/**
	 * What begins work.
	 */
	public enum Trigger {

		/**
		 * A request whose token had expired, or was refused before.
		 */
		REQUEST,

		/**
		 * A request whose token was about to expire, and which does not wait.
		 */
		BACKGROUND,

		/**
		 * The server refused a token.
		 */
		REJECTION,

		/**
		 * Somebody asked for it.
		 */
		DEMAND

	}

	/**
	 * Operations of the token store. A look whether a grant has changed is none: it is
	 * made for every request.
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
		 * Write the metadata of the authorization server.
		 */
		SAVE_METADATA

	}

}
