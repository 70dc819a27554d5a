// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import io.github.mcpoauth.GrantKey;

/**
 * Receives the messages that processes send each other through the server.
 *
 * @param watch hears of changed records and of the connection
 * @param lock hears of leases that were given back
 */
public record RemoteEvents(RecordWatch watch, LeaseLock lock) {

	private static final String CHANGED = "changed";

	private static final String GIVEN_BACK = "given_back";

	private static final String ECHO = "echo";

	/**
	 * The message for a changed record.
	 * @param key the grant
	 * @param revision its revision now
	 * @return the message
	 */
	public static String changed(GrantKey key, Revision revision) {
		return String.join(";", CHANGED, revision.value(), KeyCodec.of(key));
	}

	/**
	 * The message for a lease that was given back.
	 * @param key the grant
	 * @return the message
	 */
	public static String givenBack(GrantKey key) {
		return String.join(";", GIVEN_BACK, "", KeyCodec.of(key));
	}

	/**
	 * The message of a process to itself, which proves that it hears messages.
	 * @param id a text that no other process uses
	 * @return the message
	 */
	public static String echo(String id) {
		return String.join(";", ECHO, id, "");
	}

	/**
	 * Receive a message. Messages of other kinds are ignored.
	 * @param message the message
	 */
	public void receive(String message) {
		String[] parts = message.split(";", 3);
		GrantKey key = (parts.length == 3 && !parts[2].isEmpty()) ? KeyCodec.parse(parts[2]) : null;
		if (key != null && CHANGED.equals(parts[0])) {
			this.watch.changed(key, new Revision(parts[1]));
		}
		else if (key != null && GIVEN_BACK.equals(parts[0])) {
			this.lock.givenBack(key);
		}
	}

}
