// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.refresh.GrantMemory.StoreTrouble;
import io.github.mcpoauth.internal.work.Pause;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of {@link Standing}: each row is a memory at an instant, with and without a
 * user to log in.
 */
class StandingTests {

	private static final Instant NOW = Instant.parse("2026-08-01T12:00:00Z");

	private static final TestClock CLOCK = TestClock.at(NOW);

	private static final long NANOS = 1_000_000_000_000L;

	private static final Pause RUNNING = new Pause(NANOS - 1, Duration.ofMinutes(1));

	private static final Pause OVER = new Pause(NANOS - Duration.ofMinutes(2).toNanos(), Duration.ofMinutes(1));

	private static final WorkThreads THREADS = WorkThreads.platform();

	private static final McpServer BY_USER = server(OAuthSettings.builder());

	private static final McpServer BY_APPLICATION = server(
			OAuthSettings.builder().grantType(io.github.mcpoauth.GrantType.CLIENT_CREDENTIALS).clientId("agent"));

	private static final Duration LEFT = Duration.ofMinutes(50);

	@AfterAll
	static void stop() {
		THREADS.close();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("rows")
	@DisplayName("Law 23: one table decides the standing of a grant")
	void ofWhenMemoryIsAsInTheRowIsAsInTheRow(String row, GrantMemory memory, @Nullable AccessToken replaced,
			String byUser, String byApplication) {
		assertThat(describe(of(memory, replaced, BY_USER))).isEqualTo(byUser);
		assertThat(describe(of(memory, replaced, BY_APPLICATION))).isEqualTo(byApplication);
	}

	static Stream<Arguments> rows() {
		Grant fresh = grant(LEFT, "refresh");
		Grant stale = grant(Duration.ofMinutes(1), "refresh");
		Grant expired = grant(Duration.ZERO, "refresh");
		Grant lone = grant(LEFT, null);
		AccessToken token = fresh.toAccessToken();
		RetryBackoff waiting = new RetryBackoff(NOW, RUNNING, 1, "503");
		RetryBackoff waited = new RetryBackoff(NOW, OVER, 1, "503");
		return Stream.of(row("nothing read", GrantMemory.EMPTY, null, "absent", "must renew FIRST"),
				row("no record", memory(null), null, "absent", "must renew FIRST"),
				row("no record, waiting", memory(null).failed(waiting), null, "absent", "waiting"),
				row("fresh", memory(fresh), null, "usable", "usable"),
				row("fresh, waiting", memory(fresh).failed(waiting), null, "usable", "usable"),
				row("stale", memory(stale), null, "renewable", "renewable"),
				row("stale, waiting", memory(stale).failed(waiting), null, "usable", "usable"),
				row("stale, waited", memory(stale).failed(waited), null, "renewable", "renewable"),
				row("stale, no refresh token", memory(grant(Duration.ofMinutes(1), null)), null, "usable", "renewable"),
				row("expired", memory(expired), null, "must renew EXPIRED", "must renew EXPIRED"),
				row("expired, waiting", memory(expired).failed(waiting), null, "waiting", "waiting"),
				row("expired, no refresh token", memory(grant(Duration.ZERO, null)), null,
						"login required: its token has expired and no refresh token was issued", "must renew EXPIRED"),
				row("rejected now", rejected(fresh, RUNNING, false), null, "must renew REJECTED",
						"must renew REJECTED"),
				row("rejected long ago", rejected(fresh, OVER, false), null, "on trial, else must renew REJECTED",
						"on trial, else must renew REJECTED"),
				row("rejected long ago, waiting", rejected(fresh, OVER, false).failed(waiting), null,
						"on trial, else waiting", "on trial, else waiting"),
				row("rejected, no refresh token", rejected(lone, RUNNING, false), null,
						"login required: the server rejected its token and no refresh token was issued",
						"must renew REJECTED"),
				row("rejected at once", rejected(fresh, RUNNING, true), null,
						"login required: " + Standing.REJECTED_AT_ONCE, "login required: " + Standing.REJECTED_AT_ONCE),
				row("rejected at once, long ago", rejected(fresh, OVER, true), null,
						"on trial, else must renew REJECTED", "on trial, else must renew REJECTED"),
				row("rejected, then accepted elsewhere", rejected(fresh, RUNNING, true).accepted(token), null, "usable",
						"usable"),
				row("rejected and expired long ago", rejected(expired, OVER, false), null, "must renew REJECTED",
						"must renew REJECTED"),
				row("refused, fresh", refused(fresh), null, "usable", "usable"),
				row("refused, expired", refused(expired), null, "login required: refused", "must renew EXPIRED"),
				row("fresh, to be replaced", memory(fresh), token, "must renew REPLACED", "must renew REPLACED"),
				row("refused, to be replaced", refused(fresh), token, "login required: refused", "must renew REPLACED"),
				row("store fails, fresh",
						memory(fresh).storeFailed(new TokenStoreException("github", "away", null), NOW), null, "usable",
						"usable"),
				row("not stored, fresh", unpersisted(fresh), null, "usable", "usable"),
				row("not stored, expired", unpersisted(expired), null, "must renew EXPIRED", "must renew EXPIRED"),
				row("of another URL", memory(fresh.mutate().resource("http://127.0.0.1:9/other").build()), null,
						"login required: its token was issued for 'http://127.0.0.1:9/other', and the server's URL is another one now",
						"must renew OTHER_SETTINGS"));
	}

	private static Arguments row(String name, GrantMemory memory, @Nullable AccessToken replaced, String byUser,
			String byApplication) {
		return Arguments.of(name, memory, replaced, byUser, byApplication);
	}

	private static Standing of(GrantMemory memory, @Nullable AccessToken replaced, McpServer server) {
		AuthorizationWebClients clients = (any) -> WebClient.create();
		ProtocolSettings protocol = ProtocolSettings.defaults();
		MemoryTokenStore store = new MemoryTokenStore();
		RefreshContext context = new RefreshContext(store, RefreshSettings.defaults(), PrincipalResolver.application(),
				McpOAuthListener.none(), THREADS, CLOCK.time());
		RenewalEndpoints endpoints = new RenewalEndpoints(new TokenEndpoint(clients, protocol, CLOCK),
				new Discovery(clients, protocol, CLOCK, store, McpOAuthListener.none()),
				new ServerProbe(clients, Duration.ofSeconds(1)));
		GrantRenewal renewal = new GrantRenewalFactory(endpoints, new CredentialSuppliers(null, null), context)
			.of(server, server.key());
		return Standing.of(memory, replaced, new GrantBinding(server), renewal, NOW.toEpochMilli(), NANOS);
	}

	private static String describe(Standing standing) {
		if (standing instanceof Standing.OnTrial trial) {
			return "on trial, else " + describe(trial.rest());
		}
		if (standing instanceof Standing.LoginRequired login) {
			return "login required: " + login.reason();
		}
		if (standing instanceof Standing.MustRenew renewal) {
			return "must renew " + renewal.cause();
		}
		return standing.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
	}

	private static McpServer server(OAuthSettings.Builder settings) {
		return new McpServer("github", URI.create("http://127.0.0.1:9/mcp"), settings.build());
	}

	private static Grant grant(Duration left, @Nullable String refreshToken) {
		return Grant.with(Secret.of("token"))
			.refreshToken((refreshToken != null) ? Secret.of(refreshToken) : null)
			.issuedAt(NOW.minus(Duration.ofMinutes(10)))
			.expiresAt(NOW.plus(left))
			.build();
	}

	private static StoredGrant stored(@Nullable Grant grant) {
		return new StoredGrant(grant, new Stamp(), GrantLessons.NONE);
	}

	private static GrantMemory memory(@Nullable Grant grant) {
		CachedGrant cached = CachedGrant.of(stored(grant), null, CLOCK, RefreshWindow.defaults(), 0);
		return new GrantMemory(cached, null, null, null, null, null, List.of(), 0);
	}

	private static GrantMemory unpersisted(Grant grant) {
		CachedGrant cached = CachedGrant.unpersisted(grant, stored(null), null, CLOCK, RefreshWindow.defaults(), 0);
		return new GrantMemory(cached, null, null, null,
				new StoreTrouble(new TokenStoreException("github", "full", null), NOW), null, List.of(), 1);
	}

	private static GrantMemory rejected(Grant grant, Pause rejectionPause, boolean replayed) {
		return memory(grant).rejected(new RejectedToken(grant.toAccessToken(), NOW, rejectionPause, replayed, false));
	}

	private static GrantMemory refused(Grant grant) {
		return memory(grant).refused(new RefusedRenewal(grant.refreshToken(), "none", "refused", null, NOW, null));
	}

	private record Stamp() implements RecordStamp {

	}

}
