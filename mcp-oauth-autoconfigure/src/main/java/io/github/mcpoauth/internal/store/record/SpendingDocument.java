// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import org.jspecify.annotations.Nullable;

/**
 * A note as it is stored.
 *
 * @param fingerprint fingerprint of the refresh token
 * @param owner the process that wrote it, {@code null} if the note does not say
 * @param notedAt time of writing, {@code null} if the note does not say
 */
public record SpendingDocument(String fingerprint, @Nullable String owner, @Nullable Instant notedAt) {

	private static final String FINGERPRINT = "fingerprint";

	private static final String OWNER = "owner";

	private static final String NOTED_AT = "noted_at";

	/**
	 * The document for a note.
	 * @param note the note
	 * @param now the time
	 * @return the document
	 */
	public static SpendingDocument of(SpendingNote note, Instant now) {
		return new SpendingDocument(note.fingerprint(), note.owner(), now);
	}

	/**
	 * Parse a document.
	 * @param content the document
	 * @return the note
	 * @throws MalformedRecordException if it is not a JSON object, has no fingerprint or
	 * a member of a wrong type
	 */
	public static SpendingDocument parse(byte[] content) throws MalformedRecordException {
		JsonMembers members = JsonMembers.parse(content);
		String fingerprint = members.text(FINGERPRINT);
		if (fingerprint == null) {
			throw new MalformedRecordException("has no member 'fingerprint'");
		}
		return new SpendingDocument(fingerprint, members.text(OWNER), members.instant(NOTED_AT));
	}

	/**
	 * Parse a document of a store that keeps nothing else in its place.
	 * @param content the document, or the bare fingerprint that older versions wrote
	 * @return the note
	 */
	public static SpendingDocument parse(String content) {
		try {
			return parse(content.getBytes(StandardCharsets.UTF_8));
		}
		catch (MalformedRecordException ex) {
			return new SpendingDocument(content, null, null);
		}
	}

	/**
	 * Whether this note is for the same refresh token as another one.
	 * @param note the other note
	 * @return whether the fingerprints are equal
	 */
	public boolean isFor(SpendingNote note) {
		return this.fingerprint.equals(note.fingerprint());
	}

	/**
	 * Whether a process may withdraw this note.
	 * @param owner the process
	 * @return whether it wrote the note, or the note does not say which process did
	 */
	public boolean isOf(String owner) {
		return this.owner == null || this.owner.equals(owner);
	}

	/**
	 * The answer for a process that has to wait because of this note.
	 * @param note the note that the process wants to write
	 * @param now the time
	 * @param young age up to which this note counts
	 * @return the answer, {@code null} if the process does not have to wait
	 */
	public @Nullable SpendingResult pending(SpendingNote note, Instant now, Duration young) {
		if (this.owner == null || this.notedAt == null || this.owner.equals(note.owner()) || !isFor(note)) {
			return null;
		}
		// A clock that was put back makes the note seem to come from the future: without
		// the absolute value it would be young for as long as the clock was put back
		Duration age = Duration.between(this.notedAt, now).abs();
		return (age.compareTo(young) < 0) ? new SpendingResult.Pending(age) : null;
	}

	/**
	 * Write the note.
	 * @return the document
	 */
	public String render() {
		Map<String, @Nullable Object> members = new LinkedHashMap<>();
		members.put(FINGERPRINT, this.fingerprint);
		members.put(OWNER, this.owner);
		members.put(NOTED_AT, (this.notedAt != null) ? JsonMembers.seconds(this.notedAt) : null);
		members.values().removeIf((value) -> value == null);
		return new String(JsonMembers.render(members), StandardCharsets.UTF_8);
	}

}
