// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;

import io.github.mcpoauth.GrantKey;

/**
 * The names of the files of one grant. The rule is Hermes agent's: a character that is
 * neither a letter nor a digit, underscore or hyphen becomes an underscore, so that no
 * name leaves the directory, no name has an extension of its own, and both find the same
 * files.
 *
 * @param text the name without any extension
 */
record RecordName(String text) {

	private static final int MOST_CHARACTERS = 128;

	/**
	 * Leaves room for extensions below the 255 bytes that file systems allow.
	 */
	private static final int MOST_BYTES = 180;

	static RecordName of(GrantKey key) {
		StringBuilder name = new StringBuilder();
		key.server().codePoints().map(RecordName::permitted).forEach(name::appendCodePoint);
		String text = cut(strip(name.toString()));
		return new RecordName(text.isEmpty() ? "default" : text);
	}

	/**
	 * The common form of all names that a file system may take for the same: some do not
	 * tell upper from lower case, or composed from decomposed characters.
	 * @return the folded name
	 */
	String folded() {
		if (StandardCharsets.US_ASCII.newEncoder().canEncode(this.text)) {
			// Nothing to normalize, which takes its time to find out at first
			return this.text.toLowerCase(Locale.ROOT);
		}
		String folded = Normalizer.normalize(this.text, Normalizer.Form.NFKC);
		folded = folded.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
		return Normalizer.normalize(folded, Normalizer.Form.NFKC);
	}

	String grant() {
		return this.text + ".json";
	}

	String client() {
		return this.text + ".client.json";
	}

	String metadata() {
		return this.text + ".meta.json";
	}

	String lessons() {
		return this.text + ".lessons.json";
	}

	String logins() {
		return this.text + ".logins.json";
	}

	String lock() {
		return this.text + ".json.refresh.lock";
	}

	String spending() {
		return this.text + ".json.refresh.spending";
	}

	private static int permitted(int codePoint) {
		boolean kept = codePoint == '-' || switch (Character.getType(codePoint)) {
			case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
					Character.MODIFIER_LETTER, Character.OTHER_LETTER, Character.DECIMAL_DIGIT_NUMBER,
					Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
				true;
			default -> false;
		};
		return kept ? codePoint : '_';
	}

	private static String strip(String name) {
		int start = 0;
		int end = name.length();
		while (start < end && name.charAt(start) == '_') {
			start++;
		}
		while (end > start && name.charAt(end - 1) == '_') {
			end--;
		}
		return name.substring(start, end);
	}

	private static String cut(String name) {
		int characters = Math.min(MOST_CHARACTERS, name.codePointCount(0, name.length()));
		String cut = name.substring(0, name.offsetByCodePoints(0, characters));
		while (cut.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
			cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
		}
		return cut;
	}

}
