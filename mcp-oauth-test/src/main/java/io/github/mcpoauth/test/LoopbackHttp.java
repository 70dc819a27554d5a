// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small HTTP/1.1 server on a free port of the loopback interface. It leaves the end of
 * connections to its clients, other than the JDK's own server, whose last answers Reactor
 * Netty misses now and then.
 */
final class LoopbackHttp implements AutoCloseable {

	private static final int IDLE_MILLIS = 60_000;

	private final Map<String, Handler> handlers = new ConcurrentHashMap<>();

	private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "mcp-test-server");
		thread.setDaemon(true);
		return thread;
	});

	private final ServerSocket socket;

	LoopbackHttp() {
		try {
			this.socket = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.threads.execute(this::accept);
	}

	URI url(String path) {
		return URI.create("http://127.0.0.1:%d%s".formatted(this.socket.getLocalPort(), path));
	}

	/**
	 * Answer the requests to a path.
	 * @param path the path, and all paths below it
	 * @param handler gives the answers
	 */
	void handle(String path, Handler handler) {
		this.handlers.put(path, handler);
	}

	private void accept() {
		try {
			while (true) {
				Socket connection = this.socket.accept();
				this.threads.execute(() -> serve(connection));
			}
		}
		catch (IOException ex) {
			// This server is closed
		}
	}

	private void serve(Socket connection) {
		this.connections.add(connection);
		try (connection) {
			connection.setSoTimeout(IDLE_MILLIS);
			connection.setTcpNoDelay(true);
			InputStream in = new BufferedInputStream(connection.getInputStream());
			// Ends when the client closes the connection, also if it asked for that: a
			// client
			// may miss an answer that arrives together with the end of the connection
			while (true) {
				write(connection.getOutputStream(), answer(read(in)));
			}
		}
		catch (IOException ex) {
			// The client is gone, or this server is closed
		}
		finally {
			this.connections.remove(connection);
		}
	}

	private Reply answer(Request request) {
		String path = request.uri().getPath();
		for (Map.Entry<String, Handler> handler : this.handlers.entrySet()) {
			if (path.equals(handler.getKey()) || path.startsWith(handler.getKey() + "/")) {
				try {
					return handler.getValue().handle(request);
				}
				catch (RuntimeException ex) {
					return Reply.json(500, Map.of("error", String.valueOf(ex.getMessage())));
				}
			}
		}
		return Reply.of(404);
	}

	private static Request read(InputStream in) throws IOException {
		String[] start = line(in).split(" ");
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		for (String line = line(in); !line.isEmpty(); line = line(in)) {
			int colon = line.indexOf(':');
			headers.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
		}
		boolean chunked = "chunked".equalsIgnoreCase(headers.get("Transfer-Encoding"));
		byte[] body = chunked ? chunks(in)
				: in.readNBytes(Integer.parseInt(headers.getOrDefault("Content-Length", "0")));
		return new Request(start[0], URI.create(start[1]), headers, new String(body, StandardCharsets.UTF_8));
	}

	private static byte[] chunks(InputStream in) throws IOException {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		for (int length = chunkLength(in); length > 0; length = chunkLength(in)) {
			body.write(in.readNBytes(length));
			line(in);
		}
		line(in);
		return body.toByteArray();
	}

	private static int chunkLength(InputStream in) throws IOException {
		return Integer.parseInt(line(in).split(";")[0].strip(), 16);
	}

	private static String line(InputStream in) throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int octet = in.read(); octet != '\n'; octet = in.read()) {
			if (octet < 0) {
				throw new EOFException();
			}
			line.write(octet);
		}
		return line.toString(StandardCharsets.UTF_8).strip();
	}

	private static void write(OutputStream out, Reply reply) throws IOException {
		byte[] body = (reply.body() != null) ? JsonMapper.shared().writeValueAsBytes(reply.body()) : new byte[0];
		StringBuilder head = new StringBuilder("HTTP/1.1 ").append(reply.status()).append(" Test\r\n");
		reply.headers().forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
		if (reply.body() != null) {
			head.append("Content-Type: application/json\r\n");
		}
		head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
		ByteArrayOutputStream answer = new ByteArrayOutputStream();
		answer.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
		answer.writeBytes(body);
		answer.writeTo(out);
		out.flush();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
			for (Socket connection : this.connections) {
				connection.close();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.threads.shutdown();
	}

	/**
	 * Answers the requests to a path.
	 */
	@FunctionalInterface
	interface Handler {

		Reply handle(Request request);

	}

	/**
	 * A request.
	 *
	 * @param method HTTP method
	 * @param uri path and query
	 * @param headers headers by name in any case
	 * @param body the body, empty if absent
	 */
	record Request(String method, URI uri, Map<String, String> headers, String body) {

		@Nullable String header(String name) {
			return this.headers.get(name);
		}

		Map<String, String> query() {
			return form(this.uri.getRawQuery());
		}

		Map<String, String> form() {
			return form(this.body);
		}

		private static Map<String, String> form(@Nullable String text) {
			Map<String, String> parameters = new LinkedHashMap<>();
			for (String pair : (text != null) ? text.split("&") : new String[0]) {
				int equals = pair.indexOf('=');
				if (equals > 0) {
					parameters.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
				}
			}
			return parameters;
		}

		private static String decode(String text) {
			return URLDecoder.decode(text, StandardCharsets.UTF_8);
		}

	}

	/**
	 * An answer.
	 *
	 * @param status HTTP status
	 * @param headers headers by name
	 * @param body what is rendered as JSON, {@code null} for no body
	 */
	record Reply(int status, Map<String, String> headers, @Nullable Object body) {

		static Reply of(int status) {
			return new Reply(status, Map.of(), null);
		}

		static Reply json(int status, Object body) {
			return new Reply(status, Map.of(), body);
		}

	}

}
