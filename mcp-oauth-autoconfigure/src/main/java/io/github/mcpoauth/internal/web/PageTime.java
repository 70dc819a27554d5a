// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A time on the page. The script of the page shows it in the zone of the browser, so the
 * text in UTC is for browsers without it.
 *
 * @param iso the instant
 * @param text the time in words, with its zone
 */
record PageTime(String iso, String text) {

	private static final Duration SOON = Duration.ofHours(20);

	static @Nullable PageTime of(@Nullable Instant instant, Instant now, Locale language) {
		return (instant != null) ? at(instant, now, language) : null;
	}

	static PageTime at(Instant instant, Instant now, Locale language) {
		boolean soon = Duration.between(now, instant).abs().compareTo(SOON) < 0;
		DateTimeFormatter format = soon ? DateTimeFormatter.ofPattern("HH:mm")
				: DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT);
		return new PageTime(instant.toString(),
				format.withLocale(language).withZone(ZoneOffset.UTC).format(instant) + " UTC");
	}

}
