// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * {@code mcp doctor}: walks from the address of a server to its tools, and stops at the
 * first step that fails. It calls {@code tools/list} and nothing else.
 */
final class DoctorCommand extends Command {

	private static final int TIMEOUT = 5_000;

	private static final String PLAIN_HTTP = "The server speaks plain http at this port: correct the scheme or the port in 'url'";

	DoctorCommand() {
		super("doctor", "[server]", "check each step from the address of a server to its tools");
	}

	@Override
	Work parse(Arguments arguments) {
		String server = arguments.optional();
		GrantKey key = (server != null) ? arguments.key(server) : null;
		arguments.end();
		return (services, output) -> {
			ExitCode worst = ExitCode.DONE;
			List<GrantKey> keys = (key != null) ? List.of(key)
					: services.manager().servers().stream().map(McpServer::key).toList();
			if (keys.isEmpty()) {
				output.note(ListCommand.NONE);
			}
			for (GrantKey each : keys) {
				worst = worst.orWorse(examine(each, services, output));
			}
			return worst;
		};
	}

	private static ExitCode examine(GrantKey key, Services services, Output output) {
		McpOAuthProvider provider = services.provider(key);
		URI url = provider.server().url();
		Map<String, Step> steps = new LinkedHashMap<>();
		steps.put("the name resolves", () -> resolve(url));
		steps.put("the port is open", () -> connect(url));
		if ("https".equalsIgnoreCase(url.getScheme())) {
			steps.put("TLS works", () -> handshake(url, services.sslSockets()));
		}
		String registration = provider.server().oauth().registration();
		if (registration != null) {
			return walk(key, steps, "  Nothing else is looked at: " + StatusText.elsewhere(registration), output);
		}
		steps.put("the store can be read", () -> readable(Results.of(provider.status())));
		steps.put("there is a login", () -> loggedIn(key, services, Results.of(provider.status())));
		steps.put("the token can be used", () -> {
			Results.of(provider.token().hasElement());
			return null;
		});
		steps.put("the server lists its tools", () -> listTools(key, services));
		return walk(key, steps, null, output);
	}

	/**
	 * Take the steps up to the first that fails.
	 * @param last a note for the end, {@code null} for no note
	 */
	private static ExitCode walk(GrantKey key, Map<String, Step> steps, @Nullable String last, Output output) {
		output.note("MCP server '%s'".formatted(key));
		for (Map.Entry<String, Step> step : steps.entrySet()) {
			long began = System.nanoTime();
			Failure failure = failure(step.getValue());
			long millis = (System.nanoTime() - began) / 1_000_000;
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("server", key.server());
			members.put("step", step.getKey());
			members.put("ok", failure == null);
			members.put("millis", millis);
			List<String> lines = new ArrayList<>();
			lines.add("  %s %-28s %5d ms".formatted((failure != null) ? "\u2717" : "\u2713", step.getKey(), millis));
			if (failure != null) {
				members.put("reason", failure.message());
				lines.add("    " + failure.message());
			}
			output.result(members, lines);
			if (failure != null) {
				return failure.exitCode();
			}
		}
		if (last != null) {
			output.note(last);
		}
		return ExitCode.DONE;
	}

	private static @Nullable Failure failure(Step step) {
		try {
			return step.run();
		}
		catch (RuntimeException ex) {
			return Failure.of(ex);
		}
	}

	private static @Nullable Failure resolve(URI url) {
		try {
			InetAddress.getByName(url.getHost());
			return null;
		}
		catch (UnknownHostException ex) {
			return Failure.of(ExitCode.FAILED,
					"No DNS server knows the host '%s': correct 'url', or the DNS of this machine"
						.formatted(url.getHost()));
		}
	}

	private static @Nullable Failure connect(URI url) {
		try {
			open(url).close();
			return null;
		}
		catch (IOException ex) {
			return Failure.of(ExitCode.TRY_LATER,
					"Nothing answers at %s:%d: check that the server runs, the port in 'url', and firewalls in between"
						.formatted(url.getHost(), port(url)));
		}
	}

	private static @Nullable Failure handshake(URI url, SSLSocketFactory sockets) {
		try (Socket plain = open(url);
				SSLSocket socket = (SSLSocket) sockets.createSocket(plain, url.getHost(), port(url), true)) {
			SSLParameters parameters = socket.getSSLParameters();
			parameters.setEndpointIdentificationAlgorithm("HTTPS");
			socket.setSSLParameters(parameters);
			socket.startHandshake();
			return null;
		}
		catch (SSLException ex) {
			boolean plain = !(ex.getCause() instanceof CertificateException);
			return Failure.of(ExitCode.FAILED, plain ? PLAIN_HTTP
					: "The server's certificate is not trusted for '%s': correct the host in 'url', or name an SSL bundle with its CA in 'spring.http.clients.ssl.bundle'"
						.formatted(url.getHost()));
		}
		catch (IOException ex) {
			return speaksPlainHttp(url) ? Failure.of(ExitCode.FAILED, PLAIN_HTTP)
					: Failure.of(ExitCode.TRY_LATER, "The server did not answer the TLS handshake");
		}
	}

	/**
	 * A server of plain http may take the handshake for the beginning of a request, and
	 * wait for the rest.
	 */
	private static boolean speaksPlainHttp(URI url) {
		try (Socket socket = open(url)) {
			socket.getOutputStream()
				.write("HEAD / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n".formatted(url.getHost())
					.getBytes(StandardCharsets.US_ASCII));
			return "HTTP/".equals(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static Socket open(URI url) throws IOException {
		Socket socket = new Socket();
		try {
			socket.setSoTimeout(TIMEOUT);
			socket.connect(new InetSocketAddress(InetAddress.getByName(url.getHost()), port(url)), TIMEOUT);
			return socket;
		}
		catch (IOException ex) {
			socket.close();
			throw ex;
		}
	}

	private static int port(URI url) {
		if (url.getPort() >= 0) {
			return url.getPort();
		}
		return "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
	}

	private static @Nullable Failure readable(ServerStatus status) {
		return (status.state() == State.STORE_ERROR) ? Failure.of(ExitCode.FAILED,
				"The store %s cannot be read: %s".formatted(status.storeLocation(), status.explanation().reason()))
				: null;
	}

	/**
	 * Without a login, the server is asked all the same: it may need no login, and its
	 * address may be wrong.
	 */
	private static @Nullable Failure loggedIn(GrantKey key, Services services, ServerStatus status) {
		if (status.state() != State.LOGIN_REQUIRED
				|| !services.provider(key).server().oauth().grantType().needsUser()) {
			return null;
		}
		Failure failure = failure(() -> listTools(key, services));
		if (failure == null || failure.exitCode() != ExitCode.LOGIN_REQUIRED) {
			return failure;
		}
		return Failure.of(ExitCode.LOGIN_REQUIRED, "A login is required%s: run 'mcp login %s'".formatted(
				(status.explanation().reason() != null) ? ", " + status.explanation().reason() : "", key.server()));
	}

	private static @Nullable Failure listTools(GrantKey key, Services services) {
		Results.of(services.tools().listTools(key));
		return null;
	}

	/**
	 * One step of the walk.
	 */
	@FunctionalInterface
	private interface Step {

		/**
		 * Take the step.
		 * @return the failure, {@code null} if it succeeds
		 */
		@Nullable Failure run();

	}

}
