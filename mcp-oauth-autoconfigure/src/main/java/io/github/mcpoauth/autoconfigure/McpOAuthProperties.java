// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;

/**
 * Settings that all MCP servers share.
 *
 * @param enabled Whether anything of this library is configured.
 * @param sslBundle Name of the SSL bundle for connections to authorization servers. Uses
 * that of 'spring.http.clients' when not set.
 * @param maxResponseSize Largest answer of an authorization server that is read.
 * @param store Where grants are kept.
 * @param timeout How long things may take.
 * @param refresh When access tokens are renewed.
 * @param retry When a failed refresh is tried again.
 * @param addressPolicy Which addresses may be contacted on behalf of an MCP server.
 * @param commandLine The 'mcp' command.
 * @param health Health of the servers' authorization.
 * @param session Sessions with MCP servers.
 * @param web The connections page.
 * @param principal Whose grants requests need, for an application that acts for several
 * people.
 */
@ConfigurationProperties("mcp.oauth")
record McpOAuthProperties(@DefaultValue("true") boolean enabled, @Nullable String sslBundle,
		@DefaultValue("1MB") DataSize maxResponseSize, @DefaultValue Store store, @DefaultValue Timeout timeout,
		@DefaultValue Refresh refresh, @DefaultValue Retry retry, @DefaultValue AddressPolicy addressPolicy,
		@DefaultValue CommandLine commandLine, @DefaultValue Health health, @DefaultValue Session session,
		@DefaultValue Web web, @DefaultValue Principal principal) {

	/**
	 * Whose grants requests need, for an application that acts for several people.
	 *
	 * @param source Where a request's principal is found. Ignored when the application
	 * has a PrincipalResolver bean.
	 * @param contextKey Key of the entry of the Reactor context that names the principal,
	 * for the source 'context'.
	 * @param whenAbsent What becomes of a request whose principal is not found.
	 * @param cacheSize How many grants, and how many MCP sessions, of principals this
	 * process keeps at hand.
	 * @param idleTime How long a grant or MCP session of a principal may be out of use
	 * before it is let go. If a duration suffix is not specified, seconds will be used.
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
		 * Everything is the application's own.
		 */
		APPLICATION,

		/**
		 * An entry of the Reactor context, a string or a java.security.Principal.
		 */
		CONTEXT,

		/**
		 * The name of the Authentication in Spring Security's reactive context.
		 */
		SECURITY

	}

	/**
	 * What becomes of a request whose principal is not found.
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
	 * Where grants are kept.
	 *
	 * @param type Kind of store. Ignored when the application has a TokenStore bean.
	 * @param file The store in files.
	 * @param encryption Encryption of what is stored, whatever the store.
	 * @param lease How long a lock in a database or in Redis outlives a process that died
	 * or was paused while it held it. Should be shorter than
	 * 'mcp.oauth.timeout.recovery'. If a duration suffix is not specified, seconds will
	 * be used.
	 */
	record Store(@DefaultValue("file") StoreType type, @DefaultValue File file, @DefaultValue Encryption encryption,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration lease) {

	}

	/**
	 * Encryption of what is stored.
	 *
	 * @param keys Keys of 32 random bytes in Base64. The first one encrypts, the others
	 * decrypt what was stored with them. Nothing is encrypted without keys.
	 * @param keyFile File with a key in each line, for example a mounted secret, instead
	 * of 'keys'.
	 */
	record Encryption(@DefaultValue List<Secret> keys, @Nullable String keyFile) {

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
		REDIS

	}

	/**
	 * How long things may take.
	 *
	 * @param recovery How long a request waits for a token to be renewed or recovered.
	 * Should be shorter than the request timeout of the MCP client. If a duration suffix
	 * is not specified, seconds will be used.
	 * @param lock How long a refresh waits for other processes that refresh the same
	 * grant. If a duration suffix is not specified, seconds will be used.
	 * @param tokenEndpoint How long a token, registration or revocation endpoint may take
	 * to answer. If a duration suffix is not specified, seconds will be used.
	 * @param discovery How long each request for metadata may take. If a duration suffix
	 * is not specified, seconds will be used.
	 * @param revocation How long revoking a grant may take in all. If a duration suffix
	 * is not specified, seconds will be used.
	 * @param connect How long connecting to an authorization server may take. If a
	 * duration suffix is not specified, seconds will be used.
	 * @param freshnessCheck Requests less than this apart share one look at the store for
	 * changes by others. With '0' every request looks.
	 */
	record Timeout(@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration recovery,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration lock,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration tokenEndpoint,
			@DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS) Duration discovery,
			@DefaultValue("15s") @DurationUnit(ChronoUnit.SECONDS) Duration revocation,
			@DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS) Duration connect,
			@DefaultValue("1ms") Duration freshnessCheck) {

	}

	/**
	 * When access tokens are renewed.
	 *
	 * @param share Share of its lifetime before the end of which a token is renewed in
	 * the background, above 0 and at most 0.5.
	 * @param shortest Least time before its expiry that a token is renewed, but never
	 * more than half of its lifetime. If a duration suffix is not specified, seconds will
	 * be used.
	 * @param longest Most time before its expiry that a token is renewed. If a duration
	 * suffix is not specified, seconds will be used.
	 */
	record Refresh(@DefaultValue("0.1") double share,
			@DefaultValue("30s") @DurationUnit(ChronoUnit.SECONDS) Duration shortest,
			@DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS) Duration longest) {

	}

	/**
	 * When a failed refresh is tried again.
	 *
	 * @param initial Wait after the first failure that may pass, doubled with each
	 * further one. If a duration suffix is not specified, seconds will be used.
	 * @param max Longest wait between tries, also where the server asks for more. If a
	 * duration suffix is not specified, seconds will be used.
	 * @param brake How long a token that was refused and cannot be replaced is not sent
	 * again. If a duration suffix is not specified, seconds will be used.
	 */
	record Retry(@DefaultValue("1s") @DurationUnit(ChronoUnit.SECONDS) Duration initial,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration max,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration brake) {

	}

	/**
	 * Which addresses may be contacted on behalf of an MCP server. Its own origin and
	 * that of a configured authorization server always may be, and loopback if the MCP
	 * server is on loopback.
	 *
	 * @param allowPrivateAddresses Whether addresses of private networks may be contacted
	 * (RFC 1918, RFC 4193 and RFC 6598).
	 * @param allowedHosts Host names, IP addresses and address blocks such as
	 * '192.0.2.0/24' that may be contacted wherever they are.
	 * @param allowPlainHttp Whether MCP servers may be called by plain http that are not
	 * on loopback. Their tokens can be read on the way.
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
	 * Health of the servers' authorization.
	 *
	 * @param loginRequiredStatus Health of a server that a person must log in to. With
	 * 'down' or 'out-of-service' the health endpoint answers 503 until somebody does.
	 */
	record Health(@DefaultValue("unknown") HealthStatus loginRequiredStatus) {

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
	 * @param breakerFailures How many calls in a row must fail for a server to be left
	 * alone.
	 * @param breakerPause How long such a server is left alone before one call tries
	 * again. If a duration suffix is not specified, seconds will be used.
	 */
	record Session(@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration requestTimeout,
			@DefaultValue("15s") @DurationUnit(ChronoUnit.SECONDS) Duration connectTimeout,
			@DefaultValue("3") int breakerFailures,
			@DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS) Duration breakerPause) {

	}

	/**
	 * The statuses that the health endpoint counts. It ignores any other.
	 */
	enum HealthStatus {

		/**
		 * All is well.
		 */
		UP,

		/**
		 * Shown, and of no effect on the health of the application.
		 */
		UNKNOWN,

		/**
		 * The application is out of service.
		 */
		OUT_OF_SERVICE,

		/**
		 * The application is down.
		 */
		DOWN

	}

	/**
	 * The connections page.
	 *
	 * @param enabled Whether the application serves a page at '/mcp/connections' on which
	 * people connect and disconnect servers.
	 * @param externalUrl Address of the application as browsers know it, with its context
	 * path. It is what the requests say when not set.
	 * @param allowUnprotected Whether the page may be used by everybody who reaches it
	 * from another machine, because something other than Spring Security keeps strangers
	 * away.
	 */
	record Web(@DefaultValue("false") boolean enabled, @Nullable URI externalUrl,
			@DefaultValue("false") boolean allowUnprotected) {

	}

}
