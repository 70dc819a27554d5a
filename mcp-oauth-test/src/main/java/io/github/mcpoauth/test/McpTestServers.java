// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The {@link McpTestServer test servers} of an application context, for injection into a
 * test. There is one for each server in {@code mcp.servers}, and for each that
 * {@link AutoConfigureMcpTestServers} adds.
 * <p>
 * Every test method begins without logins. {@link #authorized} and {@link #expired} log
 * in as a user would, over HTTP and through the application's own
 * {@link McpOAuthManager}, and block until that is done.
 */
public final class McpTestServers implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Map<String, McpTestServer> servers = new LinkedHashMap<>();

	private final Set<GrantKey> prepared = ConcurrentHashMap.newKeySet();

	private final HttpClient browser = HttpClient.newHttpClient();

	private final Supplier<McpOAuthManager> manager;

	McpTestServers(Supplier<McpOAuthManager> manager) {
		this.manager = manager;
	}

	void add(McpTestServer server) {
		this.servers.put(server.name(), server);
	}

	/**
	 * All servers.
	 * @return the servers
	 */
	public Collection<McpTestServer> servers() {
		return this.servers.values();
	}

	/**
	 * Find a server.
	 * @param server name of the server
	 * @return the server
	 * @throws IllegalArgumentException if there is no server of that name
	 */
	public McpTestServer server(String server) {
		McpTestServer found = this.servers.get(server);
		if (found == null) {
			throw new IllegalArgumentException(
					"There is no MCP test server '%s', only %s. Configure it below 'mcp.servers', or name it in @AutoConfigureMcpTestServers"
						.formatted(server, this.servers.keySet()));
		}
		return found;
	}

	/**
	 * Log the application itself in.
	 * @param server name of the server
	 * @return the server
	 */
	public McpTestServer authorized(String server) {
		return authorized(server, null);
	}

	/**
	 * Log a user in.
	 * @param server name of the server
	 * @param principal the user, {@code null} for the application itself
	 * @return the server
	 */
	public McpTestServer authorized(String server, @Nullable String principal) {
		McpTestServer found = server(server);
		logIn(found, new GrantKey(server, principal));
		found.forgetRequests();
		return found;
	}

	/**
	 * Log the application itself in, and let the access token expire. The refresh token
	 * works.
	 * @param server name of the server
	 * @return the server
	 */
	public McpTestServer expired(String server) {
		return expired(server, null);
	}

	/**
	 * Log a user in, and let the access token expire. The refresh token works.
	 * @param server name of the server
	 * @param principal the user, {@code null} for the application itself
	 * @return the server
	 */
	public McpTestServer expired(String server, @Nullable String principal) {
		McpTestServer found = server(server).accessTokenLifetime(Duration.ofSeconds(1));
		authorized(server, principal);
		return found.accessTokenLifetime(AuthorizationEndpoints.LIFETIME).rejectAccessTokens();
	}

	/**
	 * Log the application itself out. A grant that needs no user is refused from now on.
	 * @param server name of the server
	 * @return the server
	 */
	public McpTestServer loginRequired(String server) {
		return loginRequired(server, null);
	}

	/**
	 * Log a user out.
	 * @param server name of the server
	 * @param principal the user, {@code null} for the application itself
	 * @return the server
	 */
	public McpTestServer loginRequired(String server, @Nullable String principal) {
		McpTestServer found = server(server);
		McpOAuthProvider provider = provider(new GrantKey(server, principal));
		if (!provider.server().oauth().grantType().needsUser()) {
			found.refuseTokenRequests("access_denied");
		}
		provider.logout().block(PATIENCE);
		found.forgetRequests();
		return found;
	}

	private void logIn(McpTestServer server, GrantKey key) {
		this.prepared.add(key);
		Login login = await(provider(key).login(LoginRequest.withoutBrowser()));
		URI address = login.authorizationUrl();
		if (address != null) {
			await(login.complete(consent(server, address, key.principal()).toString()));
		}
	}

	private URI consent(McpTestServer server, URI address, @Nullable String principal) {
		HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(PATIENCE);
		if (principal != null) {
			request.header(AuthorizationEndpoints.USER_HEADER, principal);
		}
		try {
			HttpResponse<Void> answer = this.browser.send(request.build(), BodyHandlers.discarding());
			return answer.headers()
				.firstValue("Location")
				.map(URI::create)
				.orElseThrow(() -> new IllegalStateException("%s refused the login: %s".formatted(server, answer)));
		}
		catch (IOException ex) {
			throw new IllegalStateException("%s could not be reached".formatted(server), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted during the login to %s".formatted(server), ex);
		}
	}

	private McpOAuthProvider provider(GrantKey key) {
		return this.manager.get().provider(key);
	}

	private static <T> T await(Mono<T> work) {
		return Objects.requireNonNull(work.block(PATIENCE), "The work has a result");
	}

	/**
	 * Begin anew: forget logins, requests, tools and failures.
	 */
	void reset() {
		this.prepared.forEach((key) -> provider(key).logout().block(PATIENCE));
		this.prepared.clear();
		this.servers.values().forEach(McpTestServer::reset);
	}

	@Override
	public void close() {
		this.servers.values().forEach(McpTestServer::close);
	}

}
