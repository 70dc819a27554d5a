// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;

import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.SessionSettings;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Checks the settings that all servers share, and maps them to the settings of each
 * layer.
 */
final class McpOAuthSettings {

	/**
	 * How long connecting to an authorization server may take.
	 */
	static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

	private final ConfigurationBlock block;

	private final McpOAuthProperties properties;

	McpOAuthSettings(ConfigurationBlock block, McpOAuthProperties properties) {
		this.block = block;
		this.properties = properties;
	}

	/**
	 * Check the settings.
	 * @param externalUrl address of the application, {@code null} if not set
	 */
	void check(@Nullable URI externalUrl) {
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		this.block.positive("timeout.recovery", timeout.recovery());
		this.block.positive("timeout.lock", timeout.lock());
		this.block.positive("timeout.token-endpoint", timeout.tokenEndpoint());
		this.block.problemIf(timeout.freshnessCheck().isNegative(), "timeout.freshness-check",
				"a duration must not be negative",
				"Use a duration such as 1ms, or 0 to look at the store for every request.");
		checkSession(this.properties.session());
		this.block.problemIf(this.properties.store().lease().compareTo(Duration.ofSeconds(1)) < 0, "store.lease",
				"a lock must outlive its holder by at least 1 s", "Use a duration such as 5s.");
		this.block.positive("store.poll-interval", this.properties.store().pollInterval());
		Duration removal = this.properties.store().removeUnusableAfter();
		if (removal != null) {
			this.block.positive("store.remove-unusable-after", removal);
		}
		checkPrincipal(this.properties.principal());
		checkDirectory();
		this.properties.addressPolicy().allowedHosts().forEach(this::checkAllowedHost);
		if (externalUrl != null) {
			checkExternalUrl(externalUrl);
		}
	}

	private void checkPrincipal(McpOAuthProperties.Principal principal) {
		this.block.positive("principal.idle-time", principal.idleTime());
		this.block.problemIf(principal.cacheSize() < 1, "principal.cache-size", "at least one principal must have room",
				"Use a number such as 10000.");
		this.block.problemIf(!StringUtils.hasText(principal.contextKey()), "principal.context-key",
				"an entry of the Reactor context must have a key",
				"Name the key that your code writes, or leave the property out.");
	}

	PrincipalCacheSettings principalCache() {
		return new PrincipalCacheSettings(this.properties.principal().cacheSize(),
				this.properties.principal().idleTime());
	}

	private void checkSession(McpOAuthProperties.Session session) {
		this.block.positive("session.connect-timeout", session.connectTimeout());
		this.block.positive("session.breaker-pause", session.breakerPause());
		this.block.positive("session.question-timeout", session.questionTimeout());
		this.block.problemIf(session.breakerFailures() < 1, "session.breaker-failures", "it takes at least one failure",
				"Use a number such as 3.");
		Duration recovery = this.properties.timeout().recovery();
		this.block.problemIf(session.requestTimeout().compareTo(recovery) <= 0, "session.request-timeout",
				"a call would be given up while it may still wait %d s for a token".formatted(recovery.toSeconds()),
				"Raise it, or lower 'mcp.oauth.timeout.recovery'.");
	}

	private void checkDirectory() {
		try {
			directory(this.properties);
		}
		catch (InvalidPathException ex) {
			boolean set = StringUtils.hasText(this.properties.store().file().directory());
			if (set) {
				this.block.problem("store.file.directory", "it is not a path: %s".formatted(ex.getReason()),
						"Correct the path.");
			}
			else if (this.properties.store().type() == McpOAuthProperties.StoreType.FILE) {
				this.block.problem("store.file.directory", ex.getReason(),
						"Set it to a directory that only this user can read and write.");
			}
		}
	}

	private void checkExternalUrl(URI url) {
		this.block.problemIf(
				!ConfigurationBlock.isSecure(url) || url.getRawUserInfo() != null || url.getRawQuery() != null
						|| url.getRawFragment() != null || String.valueOf(url.getRawPath()).endsWith("/"),
				"web.external-url",
				"it must be https, or http on loopback, and have no user, query, fragment or slash at its end",
				"Use an address such as https://agent.example.com or https://example.com/agent.");
	}

	private void checkAllowedHost(String host) {
		this.block.problemIf(!AllowedHosts.isValid(host), "address-policy.allowed-hosts",
				"an entry is neither a host name, an IP address nor an address block",
				"Use entries such as auth.example.internal, 10.0.0.7 or 10.0.0.0/8.");
	}

	RefreshSettings refresh() {
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		RefreshSettings defaults = RefreshSettings.defaults();
		return new RefreshSettings(defaults.window(), timeout.freshnessCheck(), timeout.recovery(), timeout.lock(),
				defaults.storeTimeout(), defaults.pauses());
	}

	ProtocolSettings protocol() {
		return new ProtocolSettings(this.properties.timeout().tokenEndpoint(),
				ProtocolSettings.DEFAULT_DISCOVERY_TIMEOUT, ProtocolSettings.DEFAULT_MAX_BODY,
				this.properties.addressPolicy().allowPrivateAddresses());
	}

	LoginSettings login() {
		return new LoginSettings(this.properties.timeout().lock(), LoginSettings.DEFAULT_PROBE_TIMEOUT,
				LoginSettings.DEFAULT_REVOCATION_TIMEOUT);
	}

	SessionSettings session() {
		McpOAuthProperties.Session session = this.properties.session();
		return new SessionSettings(session.requestTimeout(), session.connectTimeout(), session.breakerFailures(),
				session.breakerPause());
	}

	/**
	 * Find the directory of the token files.
	 * @param properties the shared settings
	 * @return the directory
	 */
	static Path directory(McpOAuthProperties properties) {
		String directory = properties.store().file().directory();
		if (!StringUtils.hasText(directory)) {
			Path defaultDirectory = FileTokenStore.defaultDirectory();
			if (defaultDirectory == null) {
				throw new InvalidPathException(System.getProperty("user.home", ""),
						"it is not set, and this user has no home directory for the default");
			}
			return defaultDirectory;
		}
		return directory.startsWith("~/") ? Path.of(System.getProperty("user.home"), directory.substring(2))
				: Path.of(directory);
	}

}
