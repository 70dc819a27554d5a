// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;

import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.internal.refresh.RefreshWindow;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.SessionSettings;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.util.StringUtils;

/**
 * Checks the settings that all servers share, and maps them to what each layer wants.
 */
final class McpOAuthSettings {

	private final ProblemCollector problems;

	private final McpOAuthProperties properties;

	McpOAuthSettings(ProblemCollector problems, McpOAuthProperties properties) {
		this.problems = problems;
		this.properties = properties;
	}

	void check() {
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		positive("timeout.recovery", timeout.recovery());
		positive("timeout.lock", timeout.lock());
		positive("timeout.token-endpoint", timeout.tokenEndpoint());
		positive("timeout.discovery", timeout.discovery());
		positive("timeout.revocation", timeout.revocation());
		positive("timeout.connect", timeout.connect());
		if (timeout.freshnessCheck().isNegative()) {
			problem("timeout.freshness-check", "a duration must not be negative",
					"Use a duration such as 1ms, or 0 to look at the store for every request.");
		}
		positive("retry.initial", this.properties.retry().initial());
		positive("retry.max", this.properties.retry().max());
		positive("retry.brake", this.properties.retry().brake());
		if (this.properties.retry().initial().compareTo(this.properties.retry().max()) > 0) {
			problem("retry.max", "the longest wait is shorter than the first one",
					"Raise it, or lower 'mcp.oauth.retry.initial'.");
		}
		checkRefresh(this.properties.refresh());
		long maxResponseSize = this.properties.maxResponseSize().toBytes();
		if (maxResponseSize <= 0 || maxResponseSize > Integer.MAX_VALUE) {
			problem("max-response-size", "an answer must be allowed some size", "Use a size such as 1MB.");
		}
		checkSession(this.properties.session());
		if (this.properties.store().lease().compareTo(Duration.ofSeconds(1)) < 0) {
			problem("store.lease", "a lock must outlive its holder by at least 1 s", "Use a duration such as 5s.");
		}
		checkPrincipal(this.properties.principal());
		checkDirectory();
		this.properties.addressPolicy().allowedHosts().forEach(this::checkAllowedHost);
		checkExternalUrl(this.properties.web().externalUrl());
	}

	private void checkPrincipal(McpOAuthProperties.Principal principal) {
		positive("principal.idle-time", principal.idleTime());
		if (principal.cacheSize() < 1) {
			problem("principal.cache-size", "at least one principal must have room", "Use a number such as 10000.");
		}
		if (!StringUtils.hasText(principal.contextKey())) {
			problem("principal.context-key", "an entry of the Reactor context must have a key",
					"Name the key that your code writes, or leave the property out.");
		}
	}

	PrincipalCacheSettings principalCache() {
		return new PrincipalCacheSettings(this.properties.principal().cacheSize(),
				this.properties.principal().idleTime());
	}

	private void checkSession(McpOAuthProperties.Session session) {
		positive("session.connect-timeout", session.connectTimeout());
		positive("session.breaker-pause", session.breakerPause());
		if (session.breakerFailures() < 1) {
			problem("session.breaker-failures", "it takes at least one failure", "Use a number such as 3.");
		}
		Duration recovery = this.properties.timeout().recovery();
		if (session.requestTimeout().compareTo(recovery) <= 0) {
			problem("session.request-timeout",
					"a call would be given up while it may still wait %d s for a token".formatted(recovery.toSeconds()),
					"Raise it, or lower 'mcp.oauth.timeout.recovery'.");
		}
	}

	private void checkDirectory() {
		try {
			directory(this.properties);
		}
		catch (InvalidPathException ex) {
			problem("store.file.directory", "it is not a path: %s".formatted(ex.getReason()), "Correct the path.");
		}
	}

	private void checkExternalUrl(@Nullable URI url) {
		if (url == null) {
			return;
		}
		boolean secure = "https".equalsIgnoreCase(url.getScheme()) && url.getHost() != null;
		boolean loopback = "http".equalsIgnoreCase(url.getScheme()) && UrlPolicy.isLoopback(url);
		if ((!secure && !loopback) || url.getRawUserInfo() != null || url.getRawQuery() != null
				|| url.getRawFragment() != null || String.valueOf(url.getRawPath()).endsWith("/")) {
			problem("web.external-url",
					"it must be https, or http on loopback, and have no user, query, fragment or slash at its end",
					"Use an address such as https://agent.example.com or https://example.com/agent.");
		}
	}

	private void checkRefresh(McpOAuthProperties.Refresh refresh) {
		if (!(refresh.share() > 0 && refresh.share() <= 0.5)) {
			problem("refresh.share", "the share of a token's lifetime must be above 0 and at most 0.5",
					"Use a number such as 0.1.");
		}
		if (refresh.shortest().isNegative()) {
			problem("refresh.shortest", "a duration must not be negative", "Use a duration such as 30s.");
		}
		if (refresh.longest().compareTo(refresh.shortest()) < 0) {
			problem("refresh.longest", "the longest time is shorter than the shortest",
					"Raise it, or lower 'mcp.oauth.refresh.shortest'.");
		}
	}

	private void checkAllowedHost(String host) {
		if (!AllowedHosts.isValid(host)) {
			problem("address-policy.allowed-hosts",
					"an entry is neither a host name, an IP address nor an address block",
					"Use entries such as auth.example.internal, 10.0.0.7 or 10.0.0.0/8.");
		}
	}

	private void positive(String property, Duration duration) {
		if (duration.isNegative() || duration.isZero()) {
			problem(property, "a duration must be positive", "Use a duration such as 10s.");
		}
	}

	private void problem(String property, String reason, String action) {
		this.problems.add(ConfigurationPropertyName.of("mcp.oauth." + property), reason, action);
	}

	RefreshSettings refresh() {
		McpOAuthProperties.Refresh refresh = this.properties.refresh();
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		McpOAuthProperties.Retry retry = this.properties.retry();
		return new RefreshSettings(new RefreshWindow(refresh.share(), refresh.shortest(), refresh.longest()),
				timeout.freshnessCheck(), timeout.recovery(), timeout.lock(), retry.initial(), retry.max(),
				retry.brake());
	}

	ProtocolSettings protocol() {
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		return new ProtocolSettings(timeout.tokenEndpoint(), timeout.discovery(),
				(int) this.properties.maxResponseSize().toBytes(),
				this.properties.addressPolicy().allowPrivateAddresses());
	}

	LoginSettings login() {
		McpOAuthProperties.Timeout timeout = this.properties.timeout();
		return new LoginSettings(timeout.lock(), timeout.discovery(), timeout.revocation());
	}

	SessionSettings session() {
		McpOAuthProperties.Session session = this.properties.session();
		return new SessionSettings(session.requestTimeout(), session.connectTimeout(), session.breakerFailures(),
				session.breakerPause());
	}

	/**
	 * Where token files are kept.
	 * @param properties the shared settings
	 * @return the directory
	 */
	static Path directory(McpOAuthProperties properties) {
		String directory = properties.store().file().directory();
		if (!StringUtils.hasText(directory)) {
			return FileTokenStore.defaultDirectory();
		}
		return directory.startsWith("~/") ? Path.of(System.getProperty("user.home"), directory.substring(2))
				: Path.of(directory);
	}

}
