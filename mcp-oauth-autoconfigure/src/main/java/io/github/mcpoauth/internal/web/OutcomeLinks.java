// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

import org.jspecify.annotations.Nullable;

/**
 * Carries the outcome of an action to the page that shows it: the answer to a form sends
 * the browser to an address, which may be loaded again and may come to another process.
 * The outcome stands in the address, with a proof for the browser and the user whose
 * action it was.
 */
final class OutcomeLinks {

	private static final Duration LIFETIME = Duration.ofMinutes(10);

	private static final String PURPOSE = "outcome ";

	private static final String SEPARATOR = "\0";

	private static final int FIELDS = 5;

	private final BrowserKeys keys;

	private final Clock clock;

	OutcomeLinks(BrowserKeys keys, Clock clock) {
		this.keys = keys;
		this.clock = clock;
	}

	/**
	 * Write an outcome.
	 * @param visitor the visitor that is to see it
	 * @param outcome the outcome
	 * @return the value of a parameter
	 */
	String write(Visitor visitor, LoginOutcome outcome) {
		String text = String.join(SEPARATOR, Long.toString(this.clock.instant().getEpochSecond()),
				outcome.kind().name(), outcome.title(), outcome.text(), outcome.server());
		String encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
		return encoded + "." + this.keys.proof(PURPOSE + encoded, visitor.browser(), visitor.user());
	}

	/**
	 * Read an outcome.
	 * @param value the value of the parameter
	 * @param visitor the visitor
	 * @return the outcome, {@code null} if it is another visitor's, old, or forged
	 */
	@Nullable LoginOutcome read(@Nullable String value, Visitor visitor) {
		int dot = (value != null) ? value.indexOf('.') : -1;
		if (value == null || dot < 0) {
			return null;
		}
		String encoded = value.substring(0, dot);
		if (!this.keys.isProof(PURPOSE + encoded, visitor.browser(), visitor.user(), value.substring(dot + 1))) {
			return null;
		}
		String[] fields = new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8).split(SEPARATOR,
				FIELDS);
		Instant written = Instant.ofEpochSecond(Long.parseLong(fields[0]));
		return written.plus(LIFETIME).isAfter(this.clock.instant())
				? new LoginOutcome(OutcomeKind.valueOf(fields[1]), fields[2], fields[3], fields[4]) : null;
	}

}
