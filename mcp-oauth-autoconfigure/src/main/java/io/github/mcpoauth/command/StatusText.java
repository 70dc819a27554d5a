// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * A server's status as text and as JSON.
 *
 * @param status the status
 * @param registration the registration of Spring Security that the tokens come from,
 * {@code null} if they are in the store. Commands start no Spring Security, so they know
 * neither the tokens nor whether there is such a registration
 * @param clock tells how long ago, and how long still
 */
record StatusText(ServerStatus status, @Nullable String registration, Clock clock) {

	static final String NOT_KNOWN = "NOT_KNOWN";

	private static final Duration LONGEST_MINUTES = Duration.ofHours(2);

	private static final Duration LONGEST_HOURS = Duration.ofDays(2);

	StatusText(ServerStatus status, Clock clock) {
		this(status, null, clock);
	}

	static StatusText of(McpServer server, ServerStatus status, Clock clock) {
		return new StatusText(status, server.oauth().registration(), clock);
	}

	Map<String, Object> members() {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("server", this.status.server());
		members.put("url", url());
		members.put("state", state());
		putIfPresent(members, "registration", this.registration);
		putIfPresent(members, "reason", reason());
		putIfPresent(members, "action", this.status.explanation().action());
		putIfPresent(members, "since", this.status.explanation().since());
		putIfPresent(members, "next_try", this.status.explanation().nextTry());
		putIfPresent(members, "issuer", this.status.grant().issuer());
		putIfPresent(members, "client_id", this.status.grant().clientId());
		putIfPresent(members, "resource", resource());
		members.put("scopes", this.status.grant().scopes());
		putIfPresent(members, "issued_at", this.status.grant().issuedAt());
		putIfPresent(members, "expires_at", this.status.grant().expiresAt());
		members.put("refresh_token_present", this.status.grant().refreshTokenPresent());
		members.put("store_location", this.status.storeLocation());
		return members;
	}

	List<String> lines() {
		List<String> lines = new ArrayList<>();
		add(lines, "server", this.status.server());
		add(lines, "url", url());
		add(lines, "state", state());
		add(lines, "reason", reason());
		add(lines, "what to do", this.status.explanation().action());
		add(lines, "since", when(this.status.explanation().since()));
		add(lines, "next try", when(this.status.explanation().nextTry()));
		add(lines, "issuer", this.status.grant().issuer());
		add(lines, "client", this.status.grant().clientId());
		add(lines, "resource", resource());
		add(lines, "scopes",
				this.status.grant().scopes().isEmpty() ? null : String.join(" ", this.status.grant().scopes()));
		add(lines, "issued", when(this.status.grant().issuedAt()));
		add(lines, "expires", when(this.status.grant().expiresAt()));
		add(lines, "refresh token", refreshToken());
		add(lines, "stored in", this.status.storeLocation());
		return lines;
	}

	String state() {
		return (this.registration != null) ? NOT_KNOWN : this.status.state().name();
	}

	/**
	 * Why the state is one that no login mends.
	 * @return a sentence, {@code null} if there is no such state
	 */
	@Nullable String failure() {
		return switch (this.status.state()) {
			case REFRESH_FAILING, UNPERSISTED, STORE_ERROR -> reason();
			case AUTHORIZED, LOGIN_REQUIRED -> null;
		};
	}

	private @Nullable String reason() {
		return (this.registration != null) ? elsewhere(this.registration) : this.status.explanation().reason();
	}

	/**
	 * Say where the tokens of a registration are.
	 * @param registration the id of the registration
	 * @return a sentence without its full stop
	 */
	static String elsewhere(String registration) {
		return "the tokens are those of registration '%s' of Spring Security, for each user. The running application knows them, and commands do not"
			.formatted(registration);
	}

	String url() {
		return UntrustedText.withoutSecrets(this.status.url().toString());
	}

	private @Nullable String resource() {
		String resource = this.status.grant().resource();
		return (resource != null) ? UntrustedText.withoutSecrets(resource) : null;
	}

	/**
	 * The status in half a sentence.
	 * @return for example {@code authorized until 2026-01-01T12:00:00Z (in 59 min)}
	 */
	String summary() {
		String reason = (this.status.explanation().reason() != null) ? ": " + this.status.explanation().reason() : "";
		return switch (this.status.state()) {
			case AUTHORIZED ->
				(this.status.grant().expiresAt() != null) ? "authorized, token " + expiry() : "authorized";
			case REFRESH_FAILING -> "the last refresh failed" + reason;
			case UNPERSISTED -> "authorized, but the token could not be stored" + reason;
			case STORE_ERROR -> "the store cannot be read" + reason;
			case LOGIN_REQUIRED -> "a login is needed" + reason;
		};
	}

	/**
	 * When the access token expires.
	 * @return for example {@code expires 2026-01-01T12:00:00Z (in 59 min)}
	 */
	String expiry() {
		Instant expiresAt = this.status.grant().expiresAt();
		if (expiresAt == null) {
			return "-";
		}
		return (expiresAt.isAfter(this.clock.instant()) ? "expires " : "expired ") + when(expiresAt);
	}

	private @Nullable String refreshToken() {
		if (this.status.grant().refreshTokenPresent()) {
			return "present";
		}
		return (this.status.grant().issuedAt() != null || this.status.grant().expiresAt() != null)
				? "no refresh token issued" : null;
	}

	private @Nullable String when(@Nullable Instant instant) {
		if (instant == null) {
			return null;
		}
		Duration until = Duration.between(this.clock.instant(), instant);
		String span = span(until.abs());
		return "%s (%s)".formatted(instant.truncatedTo(ChronoUnit.SECONDS),
				until.isNegative() ? span + " ago" : "in " + span);
	}

	private static String span(Duration duration) {
		if (duration.toMinutes() == 0) {
			return duration.toSeconds() + " s";
		}
		if (duration.compareTo(LONGEST_MINUTES) < 0) {
			return duration.toMinutes() + " min";
		}
		return (duration.compareTo(LONGEST_HOURS) < 0) ? duration.toHours() + " h" : duration.toDays() + " days";
	}

	private static void add(List<String> lines, String label, @Nullable Object value) {
		if (value != null) {
			lines.add("%-14s %s".formatted(label + ":", value));
		}
	}

	private static void putIfPresent(Map<String, Object> members, String name, @Nullable Object value) {
		if (value != null) {
			members.put(name, value.toString());
		}
	}

}
