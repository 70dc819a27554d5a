// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.fixtures.Gate;

/**
 * Stands before an authorization server that goes by the {@code Host} it is called by, so
 * that the issuer is this gate. It writes down which metadata were asked for, and answers
 * 404 for those that the server shall not have.
 */
final class MetadataGate implements Gate.Passage, AutoCloseable {

	private static final String WELL_KNOWN = "/.well-known/";

	private static final byte[] NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
		.getBytes(StandardCharsets.US_ASCII);

	private final String hidden;

	private final List<String> asked = new CopyOnWriteArrayList<>();

	private final Gate gate;

	private MetadataGate(URI server, String hidden) {
		this.hidden = hidden;
		this.gate = Gate.before(server, () -> this);
	}

	/**
	 * Open a gate.
	 * @param server any address of the server
	 * @param hidden name of the well-known document that is not there
	 * @return the gate
	 */
	static MetadataGate before(URI server, String hidden) {
		return new MetadataGate(server, hidden);
	}

	/**
	 * The same address, through the gate.
	 */
	URI through(URI address) {
		return URI.create("http://127.0.0.1:%d%s".formatted(this.gate.port(), address.getRawPath()));
	}

	/**
	 * The paths of the authorization server's metadata that were asked for, in order.
	 */
	List<String> asked() {
		return List.copyOf(this.asked);
	}

	@Override
	public void request(Socket client, Socket server) throws IOException {
		InputStream input = client.getInputStream();
		OutputStream output = server.getOutputStream();
		byte[] buffer = new byte[16384];
		for (int length = input.read(buffer); length >= 0; length = input.read(buffer)) {
			String path = path(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
			boolean metadata = path.contains(WELL_KNOWN) && !path.contains("oauth-protected-resource");
			if (metadata) {
				this.asked.add(path);
			}
			if (metadata && path.contains(this.hidden)) {
				client.getOutputStream().write(NOT_FOUND);
				return;
			}
			output.write(buffer, 0, length);
		}
	}

	@Override
	public void answer(Socket server, Socket client) throws IOException {
		server.getInputStream().transferTo(client.getOutputStream());
	}

	/**
	 * The path of a request that begins here.
	 */
	private static String path(String chunk) {
		String[] words = chunk.startsWith("GET ") ? chunk.split(" ", 3) : new String[0];
		return (words.length == 3) ? words[1] : "";
	}

	@Override
	public void close() {
		this.gate.close();
	}

}
