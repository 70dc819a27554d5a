// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Takes over logins that another agent has stored, for the servers configured here. A
 * login belongs to the server with the same URL. The source is only read, unless it is
 * asked to be moved.
 * <p>
 * A refresh token that rotates must have one owner: if both agents go on using it, the
 * first to refresh makes the other's worthless, and some authorization servers then
 * revoke the whole login.
 */
public interface GrantImporter {

	/**
	 * Look for logins and take them over.
	 * @param request the source and the mode
	 * @return a mono with all that was found, in the order of the source. Fails with
	 * {@link GrantImportException} if the source cannot be read, and otherwise succeeds:
	 * each finding holds the outcome of one login
	 */
	Mono<List<Finding>> run(Request request);

	/**
	 * The agents that logins can be taken over from.
	 */
	enum Source {

		/**
		 * Hermes agent: a directory {@code mcp-tokens} and a {@code config.yaml}.
		 */
		HERMES,

		/**
		 * Codex: a file {@code .credentials.json}.
		 */
		CODEX,

		/**
		 * The mcp-remote package: a directory {@code .mcp-auth}.
		 */
		MCP_REMOTE

	}

	/**
	 * The request to import logins.
	 *
	 * @param source the other agent
	 * @param path its directory or file, {@code null} for where it usually is
	 * @param mode the treatment of the logins
	 * @param replace whether to replace a login there is already
	 */
	record Request(Source source, @Nullable Path path, Mode mode, boolean replace) {

	}

	/**
	 * The treatment of the logins that are found.
	 */
	enum Mode {

		/**
		 * List it.
		 */
		LIST,

		/**
		 * Take it over and leave the source as it is.
		 */
		COPY,

		/**
		 * Take it over and then remove it from the source.
		 */
		MOVE

	}

	/**
	 * One login that was found.
	 *
	 * @param location where it was found
	 * @param name its name in the source
	 * @param url address of the MCP server, {@code null} if the source does not say
	 * @param server the server here that it belongs to, or {@code null}
	 * @param outcome the outcome
	 * @param expiresAt when its access token expires, {@code null} if not known
	 * @param refreshable whether it has a refresh token
	 * @param detail why it was not taken over, {@code null} if it was
	 */
	record Finding(String location, String name, @Nullable String url, @Nullable String server, ImportOutcome outcome,
			@Nullable Instant expiresAt, boolean refreshable, @Nullable String detail) {

	}

	/**
	 * The outcome for a login.
	 */
	enum ImportOutcome {

		/**
		 * It was only listed and could be taken over.
		 */
		FOUND,

		/**
		 * It was taken over.
		 */
		IMPORTED,

		/**
		 * It was taken over, and is no longer in the source.
		 */
		MOVED,

		/**
		 * There is a login for that server already.
		 */
		EXISTS,

		/**
		 * No server here has that URL.
		 */
		NO_SERVER,

		/**
		 * It could not be read, or not be stored here.
		 */
		FAILED

	}

}
