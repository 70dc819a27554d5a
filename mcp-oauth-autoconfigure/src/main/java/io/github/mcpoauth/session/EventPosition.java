// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * Where a stream of events has arrived: the id of its last event, also of one without
 * data, and the pause before the rest may be asked for. Reads the stream without using it
 * up, and keeps no data of it.
 */
final class EventPosition {

	/**
	 * No server is asked for the rest without a pause.
	 */
	static final Duration SHORTEST = Duration.ofMillis(100);

	private static final Duration LONGEST = Duration.ofSeconds(30);

	private static final Duration USUAL = Duration.ofSeconds(1);

	/**
	 * Lines of data are longer, and are passed over.
	 */
	private static final int LONGEST_LINE = 1024;

	private final byte[] line = new byte[LONGEST_LINE];

	private int length;

	private boolean afterReturn;

	private @Nullable String begun;

	private @Nullable String id;

	private Duration pause = USUAL;

	void read(DataBuffer buffer) {
		for (int position = buffer.readPosition(); position < buffer.writePosition(); position++) {
			read(buffer.getByte(position));
		}
	}

	private void read(byte next) {
		if (next == '\n' && this.afterReturn) {
			this.afterReturn = false;
			return;
		}
		this.afterReturn = next == '\r';
		if (next == '\n' || next == '\r') {
			endLine();
		}
		else if (this.length < LONGEST_LINE) {
			this.line[this.length++] = next;
		}
		else {
			this.length = LONGEST_LINE + 1;
		}
	}

	private void endLine() {
		if (this.length == 0) {
			// The id counts once its event is complete
			this.id = this.begun;
		}
		else if (this.length <= LONGEST_LINE) {
			String text = new String(this.line, 0, this.length, StandardCharsets.UTF_8);
			int colon = text.indexOf(':');
			if (colon > 0) {
				String value = text.substring(colon + 1);
				field(text.substring(0, colon), value.startsWith(" ") ? value.substring(1) : value);
			}
		}
		this.length = 0;
	}

	private void field(String name, String value) {
		if (name.equals("id")) {
			// It goes back in a header
			boolean sendable = !value.isEmpty()
					&& value.chars().allMatch((character) -> character > 0x20 && character < 0x7f);
			this.begun = sendable ? value : null;
		}
		else if (name.equals("retry") && value.matches("[0-9]{1,9}")) {
			this.pause = Duration.ofMillis(Long.parseLong(value));
		}
	}

	/**
	 * The id of the last event.
	 * @return the id, {@code null} if there is none, or no header can hold it
	 */
	@Nullable String id() {
		return this.id;
	}

	/**
	 * The pause before the rest is asked for.
	 * @return the pause, within bounds
	 */
	Duration pause() {
		Duration least = (this.pause.compareTo(SHORTEST) < 0) ? SHORTEST : this.pause;
		return (least.compareTo(LONGEST) > 0) ? LONGEST : least;
	}

}
