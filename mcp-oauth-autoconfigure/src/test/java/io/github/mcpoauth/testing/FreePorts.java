// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers that are told theirs: below those that the system gives to the ends
 * of connections, one of which could have the port before the server does.
 */
public final class FreePorts {

	private static final int FIRST = 20_000;

	private static final int END = 32_000;

	private static final int ATTEMPTS = 100;

	private FreePorts() {
	}

	/**
	 * Find a port on which nothing listens.
	 * @return the port
	 */
	public static int next() {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(FIRST, END);
			try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
				return socket.getLocalPort();
			}
			catch (IOException ex) {
				// Another one, then
			}
		}
		throw new IllegalStateException("No free port between %d and %d".formatted(FIRST, END));
	}

}
