// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A server below HTTP: it reads a request with a body, and answers any bytes, or resets
 * the connection.
 */
final class RawServer implements AutoCloseable {

	private final ServerSocket server;

	private final AtomicInteger requests = new AtomicInteger();

	private RawServer(UnaryOperator<String> answer) {
		try {
			this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		Thread thread = new Thread(() -> serve(answer), "raw-server");
		thread.setDaemon(true);
		thread.start();
	}

	/**
	 * Answer with bytes.
	 * @param answer makes the answer of the request, an empty one resets the connection
	 */
	static RawServer answering(UnaryOperator<String> answer) {
		return new RawServer(answer);
	}

	/**
	 * Reset every connection once the request was read.
	 */
	static RawServer resetting() {
		return new RawServer((request) -> "");
	}

	URI url(String path) {
		return URI.create("http://127.0.0.1:" + this.server.getLocalPort() + path);
	}

	int requests() {
		return this.requests.get();
	}

	private void serve(UnaryOperator<String> answer) {
		while (!this.server.isClosed()) {
			try (Socket socket = this.server.accept()) {
				String request = read(socket.getInputStream());
				this.requests.incrementAndGet();
				String text = answer.apply(request);
				if (text.isEmpty()) {
					socket.setSoLinger(true, 0);
				}
				socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
				socket.getOutputStream().flush();
			}
			catch (IOException ex) {
				// The next connection is another matter
			}
		}
	}

	private static String read(InputStream stream) throws IOException {
		StringBuilder request = new StringBuilder();
		int length = -1;
		while (length < 0 || request.length() < length) {
			int next = stream.read();
			if (next < 0) {
				break;
			}
			request.append((char) next);
			int end = request.indexOf("\r\n\r\n");
			if (length < 0 && end >= 0) {
				length = end + 4 + contentLength(request.substring(0, end));
			}
		}
		return request.toString();
	}

	private static int contentLength(String head) {
		return head.lines()
			.filter((line) -> line.regionMatches(true, 0, "content-length:", 0, 15))
			.map((line) -> Integer.parseInt(line.substring(15).strip()))
			.findFirst()
			.orElse(0);
	}

	@Override
	public void close() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
