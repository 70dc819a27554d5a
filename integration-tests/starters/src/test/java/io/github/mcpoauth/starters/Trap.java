// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands where an application expects its database, queues, mail server and exporters. It
 * takes connections and never answers.
 */
final class Trap implements Closeable {

	private final ServerSocket socket = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());

	private final List<Socket> caught = new CopyOnWriteArrayList<>();

	Trap() throws IOException {
		Thread thread = new Thread(this::accept, "trap");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				this.caught.add(this.socket.accept());
			}
		}
		catch (IOException ex) {
			// Closed
		}
	}

	int port() {
		return this.socket.getLocalPort();
	}

	/**
	 * How many connections there were.
	 * @return the number, which the sockets of the system hold until they are taken
	 */
	int caught() {
		return this.caught.size();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
		for (Socket socket : this.caught) {
			socket.close();
		}
	}

}
