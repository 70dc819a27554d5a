// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.URISyntaxException;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * The address that the authorization server sends the browser back to, and the listener
 * that waits there.
 *
 * @param uri the redirect URI
 * @param listener the bound listener, {@code null} if the answer comes in another way
 */
record RedirectTarget(URI uri, @Nullable LoopbackListener listener) {

	/**
	 * Bind the listener. Blocks for a moment.
	 * @param server the MCP server
	 * @param request the request; if it has a redirect URI, the caller listens there
	 * @param registered the registered client, on whose port to listen if it is free,
	 * {@code null} without a client yet
	 * @return the target
	 * @throws LoginException if the settings name an address that cannot be listened on
	 */
	static RedirectTarget open(McpServer server, LoginRequest request, @Nullable RegisteredClient registered) {
		OAuthSettings settings = server.oauth();
		if (request.redirectUri() != null) {
			return new RedirectTarget(usable(server, request.redirectUri(), "The redirect URI of the request"), null);
		}
		if (settings.redirectUri() != null) {
			URI uri = usable(server, settings.redirectUri(), LoginFailures.property(server, "redirect-uri"));
			return new RedirectTarget(uri, listenFor(server, uri));
		}
		requireLoopback(server);
		String host = host(server);
		if (settings.redirectPort() == 0 && registered != null) {
			RedirectTarget target = asRegistered(host, registered);
			if (target == null && OAuthSettings.DEFAULT_REDIRECT_HOST.equals(host)) {
				// An earlier registration may have got the other name only
				target = asRegistered(other(host), registered);
			}
			if (target != null) {
				return target;
			}
		}
		return loopback(host, listen(server, settings.redirectHost(), settings.redirectPort()));
	}

	/**
	 * Bind the other loopback name, because the authorization server does not register
	 * the redirect URI with the first one. Blocks for a moment.
	 * @param server the MCP server
	 * @param request the request
	 * @return the target, {@code null} if the redirect URI was not chosen here
	 * @throws LoginException if the other name cannot be listened on
	 */
	static @Nullable RedirectTarget openOther(McpServer server, LoginRequest request) {
		OAuthSettings settings = server.oauth();
		if (request.redirectUri() != null || settings.redirectUri() != null) {
			return null;
		}
		String host = other(host(server));
		return loopback(host, listen(server, host, settings.redirectPort()));
	}

	private static String other(String host) {
		return "localhost".equalsIgnoreCase(host) ? "127.0.0.1" : "localhost";
	}

	/**
	 * The redirect URI of a client that registers for a login without browser. Binds at
	 * most for a moment, to find a port that is free.
	 * @param server the MCP server
	 * @param registered the registered client, to name its port again, {@code null}
	 * without a client yet
	 * @return the redirect URI
	 * @throws LoginException if the settings name an address that cannot be listened on
	 */
	static URI uri(McpServer server, @Nullable RegisteredClient registered) {
		OAuthSettings settings = server.oauth();
		if (settings.redirectUri() != null) {
			return usable(server, settings.redirectUri(), LoginFailures.property(server, "redirect-uri"));
		}
		requireLoopback(server);
		int port = settings.redirectPort();
		if (port == 0 && registered != null) {
			port = registered.port(host(server));
		}
		if (port == 0) {
			LoopbackListener listener = listen(server, settings.redirectHost(), 0);
			port = listener.port();
			listener.close(CallbackPage.notFound());
		}
		return loopback(host(server), port);
	}

	private static RedirectTarget loopback(String host, LoopbackListener listener) {
		return new RedirectTarget(loopback(host, listener.port()), listener);
	}

	private static URI loopback(String host, int port) {
		return URI.create("http://%s:%d%s".formatted(host, port, LoopbackListener.PATH));
	}

	/**
	 * A redirect URI of the settings leads here through a proxy, or directly if it is on
	 * loopback itself. If the settings name no port for the proxy, the user pastes the
	 * answer.
	 */
	private static @Nullable LoopbackListener listenFor(McpServer server, URI uri) {
		OAuthSettings settings = server.oauth();
		if (settings.redirectPort() != 0) {
			return listen(server, settings.redirectHost(), settings.redirectPort());
		}
		if (!UrlPolicy.isLoopback(uri) || uri.getPort() <= 0 || "https".equalsIgnoreCase(uri.getScheme())) {
			return null;
		}
		boolean elsewhere = !OAuthSettings.DEFAULT_REDIRECT_HOST.equals(settings.redirectHost());
		return listen(server, elsewhere ? settings.redirectHost() : uri.getHost(), uri.getPort());
	}

	private static @Nullable RedirectTarget asRegistered(String host, RegisteredClient registered) {
		int port = registered.port(host);
		try {
			return (port != 0) ? loopback(host, LoopbackListener.bind(host, port)) : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static LoopbackListener listen(McpServer server, String host, int port) {
		try {
			return LoopbackListener.bind(host, port);
		}
		catch (BindException ex) {
			throw failure(server,
					"port %d of %s cannot be listened on (%s). Stop the program that uses it, or set %s to another port that the client is registered with"
						.formatted(port, host, ex.getMessage(), LoginFailures.property(server, "redirect-port")),
					ex);
		}
		catch (IOException ex) {
			throw failure(server, "%s is not an address of this machine (%s). Set %s to 127.0.0.1".formatted(
					UntrustedText.quote(host), ex.getMessage(), LoginFailures.property(server, "redirect-host")), ex);
		}
	}

	private static void requireLoopback(McpServer server) {
		URI uri = null;
		try {
			uri = new URI("http://" + host(server));
		}
		catch (URISyntaxException ex) {
			// Said below
		}
		if (uri == null || !UrlPolicy.isLoopback(uri)) {
			throw failure(server,
					"%s is not on loopback, and a redirect URI must be that or https. Set %s to 127.0.0.1, or %s to the address of a proxy"
						.formatted(UntrustedText.quote(server.oauth().redirectHost()),
								LoginFailures.property(server, "redirect-host"),
								LoginFailures.property(server, "redirect-uri")),
					null);
		}
	}

	private static String host(McpServer server) {
		String host = server.oauth().redirectHost();
		return (host.indexOf(':') >= 0 && !host.startsWith("[")) ? "[" + host + "]" : host;
	}

	private static URI usable(McpServer server, URI uri, String name) {
		boolean secure = "https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null;
		boolean loopback = "http".equalsIgnoreCase(uri.getScheme()) && UrlPolicy.isLoopback(uri);
		if ((!secure && !loopback) || uri.getRawFragment() != null) {
			throw failure(server, "%s, %s, must be https, or http on loopback, and have no fragment".formatted(name,
					UntrustedText.quote(uri.toString())), null);
		}
		return uri;
	}

	private static LoginException failure(McpServer server, String message, @Nullable Throwable cause) {
		return new LoginException(server.name(), Reason.CONFIGURATION, message, cause);
	}

}
