// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;

/**
 * Settings that all MCP servers share.
 *
 * @param enabled Whether this library configures anything.
 * @param sslBundle Name of the SSL bundle for connections to authorization servers. Uses
 * that of 'spring.http.clients' when not set.
 * @param store Where grants are stored.
 * @param timeout How long operations may take.
 * @param addressPolicy Which addresses may be contacted on behalf of an MCP server.
 * @param commandLine The 'mcp' command.
 * @param session Sessions with MCP servers.
 * @param principal How the principal of a request is found, for an application that acts
 * for several users.
 */
@ConfigurationProperties("mcp.oauth")
record McpOAuthProperties(@DefaultValue("true") boolean enabled, @Nullable String sslBundle, @DefaultValue Store store,
		@DefaultValue Timeout timeout, @DefaultValue AddressPolicy addressPolicy, @DefaultValue CommandLine commandLine,
		@DefaultValue Session session, @DefaultValue Principal principal) {

	/**
	 * How the principal of a request is found, for an application that acts for several
	 * users.
	 *
	 * @param source Where a request's principal is found. Ignored when the application
	 * has a PrincipalResolver bean.
	 * @param contextKey Key of the entry of the Reactor context that names the principal,
	 * for the sources 'context' and 'security'.
	 * @param whenAbsent Treatment of a request without a principal.
	 * @param cacheSize How many grants, and how many MCP sessions, of principals this
	 * process keeps in memory.
	 * @param idleTime How long a grant or MCP session of a principal may be unused before
	 * it leaves the memory. If a duration suffix is not specified, seconds will be used.
	 */
	record Principal(@DefaultValue("application") PrincipalSource source,
			@DefaultValue("io.github.mcpoauth.principal") String contextKey,
			@DefaultValue("fail") WhenAbsent whenAbsent, @DefaultValue("10000") int cacheSize,
			@DefaultValue("30m") @DurationUnit(ChronoUnit.SECONDS) Duration idleTime) {

	}

	/**
	 * Where a request's principal is found.
	 */
	enum PrincipalSource {

		/**
		 * All requests use the application's own grants.
		 */
		APPLICATION,

		/**
		 * An entry of the Reactor context, a string or a java.security.Principal.
		 */
		CONTEXT,

		/**
		 * The user of Spring Security, in the Reactor context or on the thread that
		 * subscribes.
		 */
		SECURITY

	}

	/**
	 * Treatment of a request without a principal.
	 */
	enum WhenAbsent {

		/**
		 * It fails and is not sent.
		 */
		FAIL,

		/**
		 * It gets the application's own token.
		 */
		APPLICATION

	}

	/**
	 * Where grants are stored.
	 *
	 * @param type Kind of store. Ignored when the application has a TokenStore bean.
	 * @param file The store in files.
	 * @param memory The store in memory.
	 * @param encryption Encryption of the stored records, in any store.
	 * @param lease How long a lock in a database or in Redis outlives a process that died
	 * or was paused while it held it. Should be shorter than
	 * 'mcp.oauth.timeout.recovery'. If a duration suffix is not specified, seconds will
	 * be used.
	 * @param pollInterval How often the grants in use are compared with a database, or
	 * with Redis, that does not tell of changes. If a duration suffix is not specified,
	 * seconds will be used.
	 * @param removeUnusableAfter How long the access token of a user's grant must have
	 * been expired before the grant is removed, if it cannot be renewed: there is no
	 * refresh token, or the authorization server refused it. Nothing is removed when not
	 * set. If a duration suffix is not specified, seconds will be used.
	 */
	record Store(@DefaultValue("file") StoreType type, @DefaultValue File file, @DefaultValue Memory memory,
			@DefaultValue Encryption encryption, @DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration lease,
			@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration pollInterval,
			@DurationUnit(ChronoUnit.SECONDS) @Nullable Duration removeUnusableAfter) {

	}

	/**
	 * Encryption of the stored records.
	 *
	 * @param keys Keys of 32 random bytes in Base64. The first one encrypts, the others
	 * decrypt records that were stored with them. Nothing is encrypted without keys.
	 * @param keyFile File with a key in each line, for example a mounted secret, instead
	 * of 'keys'.
	 * @param allowPlain Whether stored records are read that are not encrypted, or were
	 * encrypted by a version that did not protect the token endpoint. They are encrypted
	 * when they are read. Set it to false when all of them have been.
	 */
	record Encryption(@DefaultValue List<Secret> keys, @Nullable String keyFile,
			@DefaultValue("true") boolean allowPlain) {

		Encryption {
			keys = List.copyOf(keys);
		}

	}

	/**
	 * The store in files.
	 *
	 * @param directory Directory of the token files, shared by all processes that use the
	 * same grants. It is '.mcp-oauth' in the user's home directory when not set, and a
	 * leading '~/' stands for that home directory.
	 */
	record File(@Nullable String directory) {

	}

	/**
	 * The store in memory.
	 *
	 * @param allowLogins Whether users may log in although their logins are lost when the
	 * process exits.
	 */
	record Memory(@DefaultValue("false") boolean allowLogins) {

	}

	/**
	 * Kinds of stores.
	 */
	enum StoreType {

		/**
		 * Files in a directory.
		 */
		FILE,

		/**
		 * A table of a relational database.
		 */
		JDBC,

		/**
		 * Keys in Redis.
		 */
		REDIS,

		/**
		 * The memory of this process. All is lost when it exits.
		 */
		MEMORY

	}

	/**
	 * How long operations may take.
	 *
	 * @param recovery How long a request waits for a token to be renewed or recovered.
	 * Should be shorter than the request timeout of the MCP client. If a duration suffix
	 * is not specified, seconds will be used.
	 * @param lock How long a refresh waits for other processes that refresh the same
	 * grant. If a duration suffix is not specified, seconds will be used.
	 * @param tokenEndpoint How long a token, registration or revocation endpoint may take
	 * to answer. If a duration suffix is not specified, seconds will be used.
	 * @param freshnessCheck Requests less than this apart share one look at the store for
	 * changes by other processes. With '0' every request looks.
	 */
	record Timeout(@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration recovery,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration lock,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration tokenEndpoint,
			@DefaultValue("1ms") Duration freshnessCheck) {

	}

	/**
	 * Which addresses may be contacted on behalf of an MCP server. Its own origin and
	 * that of a configured authorization server always may be, and loopback if the MCP
	 * server is on loopback.
	 *
	 * @param allowPrivateAddresses Whether addresses of private networks may be contacted
	 * (RFC 1918, RFC 4193 and RFC 6598).
	 * @param allowedHosts Host names, IP addresses and address blocks such as
	 * '192.0.2.0/24' that may be contacted although they are private.
	 * @param allowPlainHttp Whether MCP servers that are not on loopback may be called by
	 * plain http. Their tokens can be read on the way.
	 */
	record AddressPolicy(@DefaultValue("false") boolean allowPrivateAddresses, @DefaultValue List<String> allowedHosts,
			@DefaultValue("false") boolean allowPlainHttp) {

		AddressPolicy {
			allowedHosts = List.copyOf(allowedHosts);
		}

	}

	/**
	 * The {@code mcp} command.
	 *
	 * @param enabled Whether 'mcp' as the first argument of the application runs a
	 * command instead of the application.
	 */
	record CommandLine(@DefaultValue("true") boolean enabled) {

	}

	/**
	 * Sessions with MCP servers.
	 *
	 * @param requestTimeout How long a call may take from the first try to its answer,
	 * all recoveries included. If a duration suffix is not specified, seconds will be
	 * used.
	 * @param connectTimeout How long a new session may take, also one that replaces a
	 * session the server has forgotten. If a duration suffix is not specified, seconds
	 * will be used.
	 * @param breakerFailures How many calls in a row must fail before calls to the server
	 * are paused.
	 * @param breakerPause How long calls to such a server are paused before one call
	 * tries again. If a duration suffix is not specified, seconds will be used.
	 * @param questionTimeout How long a question of a server (elicitation) waits for the
	 * user. A call with questions may take that much longer. If a duration suffix is not
	 * specified, seconds will be used.
	 */
	record Session(@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration requestTimeout,
			@DefaultValue("15s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
			@DefaultValue("3") int breakerFailures,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration breakerPause,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration questionTimeout) {

	}

}
