// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import reactor.core.publisher.Mono;

/**
 * Calls a tool, leaves the connection idle, and calls it again. The HTTP client is told
 * by a system property for how long it may keep an idle connection.
 */
public final class IdleConnectionApplication {

	/**
	 * Longer than the HTTP client is told to keep an idle connection.
	 */
	private static final Duration IDLE = Duration.ofMillis(1500);

	private static final int CALLS = 20;

	private IdleConnectionApplication() {
	}

	/**
	 * Call until a call uses a new connection.
	 * @param args a directory that is not used
	 */
	public static void main(String[] args) {
		try (SessionFixture fixture = Boolean.getBoolean("test.jdk") ? SessionFixture.overHttpClient()
				: new SessionFixture()) {
			fixture.write();
			boolean isNew = false;
			for (int call = 0; call < CALLS && !isNew; call++) {
				Mono.delay(IDLE).block();
				fixture.write();
				isNew = isLastCallOnNewConnection(fixture.server.received());
			}
			System.out.println(isNew ? "@new" : "@used before");
		}
	}

	private static boolean isLastCallOnNewConnection(List<Received> requests) {
		int last = requests.size() - 1;
		while (!requests.get(last).method().equals("tools/call")) {
			last--;
		}
		SocketAddress connection = Objects.requireNonNull(requests.get(last).connection());
		return requests.subList(0, last).stream().map(Received::connection).noneMatch(connection::equals);
	}

}
