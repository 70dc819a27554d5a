// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * The headers of an answer that matter here.
 *
 * @param contentType the {@code Content-Type}, or {@code null}
 * @param location the {@code Location}, or {@code null}
 * @param challenges the values of {@code WWW-Authenticate}
 * @param retryAfter the wait that {@code Retry-After} asks for, or {@code null}
 * @param proofHints the nonce and the time of the server
 * @param receivedAt when the answer came, by the clock of this machine
 */
record ResponseHeaders(@Nullable String contentType, @Nullable String location, List<String> challenges,
		@Nullable Duration retryAfter, ProofHints proofHints, Instant receivedAt) {

	/**
	 * Clocks that differ by less than this are no reason for a refusal.
	 */
	private static final Duration NOTABLE = Duration.ofSeconds(30);

	static ResponseHeaders of(HttpHeaders headers, Instant now) {
		return new ResponseHeaders(headers.getFirst(HttpHeaders.CONTENT_TYPE), headers.getFirst(HttpHeaders.LOCATION),
				headers.getOrEmpty(HttpHeaders.WWW_AUTHENTICATE),
				RetryAfter.parse(headers.getFirst(HttpHeaders.RETRY_AFTER), now), ProofHints.of(headers::getOrEmpty),
				now);
	}

	boolean isHtml() {
		return this.contentType != null && this.contentType.length() < 200
				&& this.contentType.toLowerCase(Locale.ROOT).contains("html");
	}

	/**
	 * How far the clock of the server is ahead of the one of this machine.
	 * @return the difference, {@code null} if the server did not name the time or the
	 * difference is not worth a word
	 */
	@Nullable Duration clockDifference() {
		Instant date = this.proofHints.date();
		Duration ahead = (date != null) ? Duration.between(this.receivedAt, date) : Duration.ZERO;
		return (ahead.abs().compareTo(NOTABLE) > 0) ? ahead : null;
	}

}
