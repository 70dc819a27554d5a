// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.StoredGrant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RefreshWindow}.
 */
class RefreshWindowTests {

	private static final Instant ISSUED = Instant.parse("2026-01-01T00:00:00Z");

	private final RefreshWindow window = RefreshWindow.defaults();

	@ParameterizedTest
	@CsvSource({ "PT1H, PT55M, a tenth is 6 min but at most 5 min", "PT10S, PT5S, never more than half",
			"PT4M, PT3M30S, at least 30 s", "PT10M, PT9M, a tenth" })
	void staleAtWhenLifetimeIsKnownKeepsTheBounds(Duration lifetime, Duration expected, String why) {
		assertThat(this.window.staleAt(grant(ISSUED, ISSUED.plus(lifetime)), 0)).as(why)
			.isEqualTo(ISSUED.plus(expected));
	}

	@Test
	void staleAtWhenJitteredMovesLaterByAtMostAQuarterOfTheWindow() {
		Grant grant = grant(ISSUED, ISSUED.plusSeconds(600));
		assertThat(this.window.staleAt(grant, 0.999999)).isBetween(ISSUED.plusSeconds(540), ISSUED.plusSeconds(555));
	}

	@Test
	void freshnessWhenJitteredDoesNotMoveTheExpiry() {
		Grant grant = grant(ISSUED, ISSUED.plusSeconds(600));
		assertThat(freshness(grant, ISSUED.plusSeconds(599), 0.9)).isEqualTo(Freshness.STALE);
		assertThat(freshness(grant, ISSUED.plusSeconds(600), 0.9)).isEqualTo(Freshness.EXPIRED);
		assertThat(freshness(grant, ISSUED.plusSeconds(600), 0)).isEqualTo(Freshness.EXPIRED);
	}

	@Test
	void freshnessWhenIssueIsNotKnownUsesTheShortestWindow() {
		Grant grant = grant(null, ISSUED.plusSeconds(600));
		assertThat(freshness(grant, ISSUED.plusSeconds(569), 0)).isEqualTo(Freshness.FRESH);
		assertThat(freshness(grant, ISSUED.plusSeconds(570), 0)).isEqualTo(Freshness.STALE);
	}

	@Test
	void freshnessWhenThereIsNoExpiryIsFresh() {
		assertThat(freshness(grant(ISSUED, null), Instant.MAX, 0)).isEqualTo(Freshness.FRESH);
	}

	@Test
	void createWhenBoundsAreSwappedFails() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RefreshWindow(0.1, Duration.ofMinutes(5), Duration.ofSeconds(1)));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RefreshWindow(0.6, Duration.ofSeconds(1), Duration.ofMinutes(5)));
	}

	private static Grant grant(@Nullable Instant issuedAt, @Nullable Instant expiresAt) {
		return Grant.with(Secret.of("token")).issuedAt(issuedAt).expiresAt(expiresAt).build();
	}

	private Freshness freshness(Grant grant, Instant now, double jitter) {
		long millis = now.equals(Instant.MAX) ? Long.MAX_VALUE - 1 : now.toEpochMilli();
		CachedGrant cached = CachedGrant.of(new StoredGrant(grant, new Stamp(), GrantLessons.NONE), null,
				Clock.systemUTC(), this.window, jitter);
		return cached.isExpired(millis) ? Freshness.EXPIRED
				: cached.isFresh(millis) ? Freshness.FRESH : Freshness.STALE;
	}

	private enum Freshness {

		FRESH, STALE, EXPIRED

	}

	private record Stamp() implements RecordStamp {

	}

}
