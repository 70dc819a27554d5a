// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Response headers that matter for the next DPoP proof.
 *
 * @param nonce the nonce to use from now on (RFC 9449, section 8), or {@code null}
 * @param date the server's time according to the response, {@code null} if not sent
 */
record ProofHints(@Nullable String nonce, @Nullable Instant date) {

	/**
	 * Syntax of a nonce (RFC 9449, section 8.1).
	 */
	private static final Pattern NONCE = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,1024}");

	/**
	 * Read the headers of an answer. Malformed headers count as absent.
	 * @param headers gives the values of a header by its name
	 * @return the hints
	 */
	static ProofHints of(Function<String, List<String>> headers) {
		return new ProofHints(nonce(headers.apply("DPoP-Nonce")), date(headers.apply("Date")));
	}

	/**
	 * Several nonces would be a mistake of the server, which knows the last one best.
	 */
	private static @Nullable String nonce(List<String> values) {
		String value = values.isEmpty() ? "" : values.get(values.size() - 1).strip();
		return NONCE.matcher(value).matches() ? value : null;
	}

	private static @Nullable Instant date(List<String> values) {
		try {
			return values.isEmpty() ? null
					: ZonedDateTime.parse(values.get(0).strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
		}
		catch (DateTimeParseException ex) {
			return null;
		}
	}

}
