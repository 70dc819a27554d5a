// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import org.springframework.util.Assert;

/**
 * The remark that a refresh token is about to be sent.
 *
 * @param fingerprint {@link io.github.mcpoauth.Secret#fingerprint() fingerprint} of the
 * refresh token
 * @param owner the process that sends it: 1 to 64 printable ASCII characters without
 * blanks, the same for the whole life of the process
 */
public record SpendingNote(String fingerprint, String owner) {

	private static final int LONGEST = 64;

	public SpendingNote {
		Assert.isTrue(isWord(fingerprint), "'fingerprint' must be 1 to 64 printable ASCII characters without blanks");
		Assert.isTrue(isWord(owner), "'owner' must be 1 to 64 printable ASCII characters without blanks");
	}

	private static boolean isWord(String text) {
		return !text.isEmpty() && text.length() <= LONGEST
				&& text.chars().allMatch((character) -> character > ' ' && character < '\u007f');
	}

}
