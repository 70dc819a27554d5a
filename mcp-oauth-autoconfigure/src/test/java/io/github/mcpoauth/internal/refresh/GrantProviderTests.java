// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.util.context.ContextView;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GrantProvider}, over a real token endpoint.
 */
class GrantProviderTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final Duration LIFETIME = Duration.ofHours(1);

	private static final String TOKEN = TestAuthorizationServer.TOKEN;

	private static final String RESOURCE = "http://127.0.0.1:9/mcp";

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(LIFETIME)
		.reuseDetection(true);

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final WorkThreads threads = WorkThreads.platform();

	private McpOAuthListener listener = McpOAuthListener.none();

	private McpServer server = server(OAuthSettings.builder());

	private GrantProviderRegistry providers = providers(RefreshSettings.defaults());

	@AfterEach
	void stop() {
		this.authorizationServer.close();
		this.threads.close();
	}

	@Test
	void tokenWhenNobodyLoggedInIsEmpty() {
		StepVerifier.create(provider().token()).expectComplete().verify(PATIENCE);
	}

	@Test
	void tokenWhenFreshAsksNobody() {
		Grant grant = login();
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(token()).isSameAs(token());
		assertThat(this.authorizationServer.refreshes()).isZero();
		assertThat(this.store.loads()).isEqualTo(1);
	}

	@Test
	@DisplayName("Seed: an external refresh is picked up without restart")
	void tokenWhenSomebodyElseRenewedItIsTheirs() {
		login();
		token();
		Grant theirs = login();
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	void tokenWhenLoggedOutElsewhereIsEmpty() {
		login();
		token();
		this.store.put(this.server.key(), null);
		StepVerifier.create(provider().token()).expectComplete().verify(PATIENCE);
	}

	@Test
	@DisplayName("F4: a login done elsewhere is used by the next request and clears the state")
	void tokenWhenLoggedInElsewhereIsTheirs() {
		assertThat(recover(null).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		Grant theirs = login();
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(status().explanation().reason()).isNull();
	}

	@Test
	@DisplayName("Law 1: a cancelled caller does not lose a rotated refresh token")
	void tokenWhenItsCallerGoesAwayIsStoredAllTheSame() {
		login();
		expire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		Disposable caller = provider().token().subscribe();
		hold.await(1);
		caller.dispose();
		CompletableFuture<AccessToken> next = provider().token().toFuture();
		hold.release();
		AccessToken renewed = next.join();
		assertThat(stored().toAccessToken()).isEqualTo(renewed);
		assertThat(this.authorizationServer.isRefreshable(refreshToken(stored()))).isTrue();
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(ints = { 404, 410, 302 })
	@DisplayName("Issue 15.6: a token endpoint that moved leads to discovery before it leads to a user")
	void tokenWhenTokenEndpointMovedIsRenewedAtTheNewOne(int status) {
		login();
		expire();
		String moved = this.authorizationServer.http().url("/v2/token").toString();
		this.authorizationServer.metadata((metadata) -> metadata.put("token_endpoint", moved));
		this.authorizationServer.http().next(TOKEN, Answer.of(status, "text/html", "<html>gone</html>"));
		this.authorizationServer.http()
			.handle("/v2/token", Answer.of(Response.of(307, "text/plain", "").header("Location", TOKEN)));
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(stored().tokenEndpoint()).hasToString(moved);
		assertThat(this.authorizationServer.http().count("/v2/token")).isEqualTo(1);
	}

	@Test
	void tokenWhenTheRecordNamesNoTokenEndpointReadsItsIssuersMetadata() {
		Grant grant = login();
		this.store.put(this.server.key(), grant.mutate().tokenEndpoint(null).build());
		expire();
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(stored().tokenEndpoint()).isEqualTo(grant.tokenEndpoint());
		assertThat(stored().issuer()).isEqualTo(grant.issuer());
		assertThat(this.authorizationServer.http().count(TestAuthorizationServer.METADATA)).isEqualTo(1);
	}

	@Test
	void tokenWhenTheClientOfTheRecordIsNotKnownIsRenewedAsAPublicClient() {
		this.authorizationServer.client("client-1", null);
		this.store.put(this.server.key(), this.authorizationServer.issue("client-1", RESOURCE, "read"));
		expire();
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(this.authorizationServer.http().requests(TOKEN)).singleElement()
			.satisfies((request) -> assertThat(request.parameter("client_id")).isEqualTo("client-1"))
			.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
	}

	@Test
	@DisplayName("Law 21: a moved token endpoint of another issuer gets nothing")
	void tokenWhenTokenEndpointMovedToAnotherIssuerFails() {
		login();
		expire();
		this.authorizationServer.metadata((metadata) -> {
			metadata.put("issuer", "https://other.example.com");
			metadata.put("token_endpoint", this.authorizationServer.http().url("/v2/token").toString());
		});
		this.authorizationServer.http().next(TOKEN, Answer.status(404));
		StepVerifier.create(provider().token())
			.expectErrorMatches((ex) -> String.valueOf(ex.getMessage()).contains("404"))
			.verify(PATIENCE);
		assertThat(this.authorizationServer.http().count("/v2/token")).isZero();
		assertThat(this.authorizationServer.http().count(TestAuthorizationServer.METADATA)).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 2: the holder of the lock reloads, and skips a refresh that is not needed any more")
	void tokenWhenRenewedElsewhereWhileWaitingForTheLockIsAdopted() {
		login();
		expire();
		Sinks.Empty<Void> elsewhere = Sinks.empty();
		CompletableFuture<Void> holder = this.store.locked(this.server.key(), PATIENCE, elsewhere.asMono()).toFuture();
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		Grant theirs = login();
		elsewhere.tryEmitEmpty();
		holder.join();
		assertThat(waiting.join()).isEqualTo(theirs.toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("A thousand processes that find the new token in the store do not queue for a lease")
	void tokenWhenRenewedElsewhereAndTheLeaseIsHeldIsAdopted() {
		this.store.leases(true);
		login();
		expire();
		Sinks.Empty<Void> elsewhere = Sinks.empty();
		CompletableFuture<Void> holder = this.store.locked(this.server.key(), PATIENCE, elsewhere.asMono()).toFuture();
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		Grant theirs = login();
		assertThat(waiting.join()).isEqualTo(theirs.toAccessToken());
		assertThat(holder).isNotDone();
		elsewhere.tryEmitEmpty();
		holder.join();
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("Law 2: the new pair is stored before a caller gets it")
	void tokenWhenRenewedIsStoredBeforeItIsAnswered() {
		login();
		expire();
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(this.store.isLocked(this.server.key())).isFalse();
	}

	@Test
	@DisplayName("Law 3, F3, seed: concurrent 401s with one rejected token make one recovery")
	void recoverWhenManyMeetOneRejectedTokenAsksOnce() {
		AccessToken rejected = revoked();
		List<Recovery> recoveries = Flux.range(0, 100)
			.flatMap((number) -> provider().recover(Rejection.of(rejected, List.of())), 100)
			.collectList()
			.block(PATIENCE);
		assertThat(recoveries).hasSize(100).allMatch(Recovery::isRecovered);
		assertThat(new HashSet<>(tokensOf(recoveries))).containsExactly(stored().toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 3, F29: a late 401 for the old token adopts the current one")
	void recoverWhenAnotherTokenIsCurrentAdoptsIt() {
		AccessToken rejected = revoked();
		AccessToken renewed = recover(rejected).token();
		Recovery late = recover(rejected);
		assertThat(late.outcome()).isEqualTo(Outcome.ADOPTED);
		assertThat(late.token()).isEqualTo(renewed);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 3: landed on the rejected token again is not recovered")
	void recoverWhenTheSameTokenIsIssuedAgainIsNotRecovered() {
		AccessToken rejected = revoked();
		this.authorizationServer.http()
			.next(TOKEN, Answer.json(200, Map.of("access_token", rejected.value().reveal(), "token_type", "Bearer",
					"expires_in", 3600, "refresh_token", "next")));
		Recovery recovery = recover(rejected);
		assertThat(recovery.isRecovered()).isFalse();
		assertThat(recovery.outcome()).isEqualTo(Outcome.REAUTHORIZE);
	}

	@Test
	@DisplayName("F21, F40: a server that refuses every new token costs one refresh, not one for each call")
	void recoverWhenTheNewTokenIsRefusedTooBrakes() {
		AccessToken rejected = revoked();
		AccessToken renewed = Objects.requireNonNull(recover(rejected).token());
		Recovery again = provider().recover(new Rejection(renewed, List.of(), true)).block(PATIENCE);
		assertThat(again).extracting(Recovery::outcome).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(recover(renewed).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		failsWith(LoginRequiredException.class);
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		this.clock.advance(RefreshSettings.defaults().pauses().rejection());
		assertThat(token()).as("one probe after the rejectionPause").isEqualTo(renewed);
		provider().accepted(renewed);
		assertThat(status().state()).as("F23: cleared by a 2xx").isEqualTo(State.AUTHORIZED);
	}

	@Test
	@DisplayName("F21: a new token that other requests send first costs one refresh, too")
	void recoverWhenAnotherRequestMeetsTheRefusalOfTheNewTokenBrakes() {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		assertThat(recover(renewed).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F23: a new token that was accepted, or not used for a while, is renewed after a 401")
	void recoverWhenTheNewTokenWorkedOrIsOldRefreshes() {
		AccessToken second = Objects.requireNonNull(recover(revoked()).token());
		provider().accepted(second);
		AccessToken third = Objects.requireNonNull(recover(second).token());
		assertThat(third).isNotEqualTo(second);
		this.clock.advance(RefreshSettings.defaults().pauses().rejection());
		assertThat(recover(third).outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(3);
	}

	@Test
	@DisplayName("F25: a new token that is refused in an old session is not held against the grant")
	void recoverWhenTheSessionMayBeRefusedKeepsTheNewToken() {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		for (boolean replayed : new boolean[] { false, true }) {
			assertThat(answerTo(new Rejection(renewed, List.of(), replayed, false, true)).outcome())
				.isEqualTo(Outcome.REAUTHORIZE);
		}
		assertThat(token()).isEqualTo(renewed);
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F23: a new token that another process replaces right away is no reason for a login")
	void recoverWhenTheNewTokenIsReplacedByAnotherProcessAdoptsItsSuccessor() {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		Sinks.Empty<Void> exchange = Sinks.empty();
		this.store.locked(this.server.key(), PATIENCE, exchange.asMono()).subscribe();
		CompletableFuture<Recovery> waiting = provider().recover(new Rejection(renewed, List.of(), true)).toFuture();
		assertThat(this.store.awaitWaiters(this.server.key(), 1)).isTrue();
		Grant theirs = login();
		exchange.tryEmitEmpty();
		assertThat(waiting.join().outcome()).isEqualTo(Outcome.ADOPTED);
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	@DisplayName("Law 5: a rejection of a new token that the store cannot confirm demands no login")
	void recoverWhenTheStoreIsAwayWhileTheNewTokenIsRejectedMayPass(boolean locked) {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		TokenStoreException away = new TokenStoreException("github", "The disk is gone", null);
		this.store.failLocks(this.server.key(), locked ? null : away);
		this.store.failLoads(this.server.key(), locked ? away : null);
		for (boolean replayed : new boolean[] { true, false }) {
			Recovery recovery = answerTo(new Rejection(renewed, List.of(), replayed));
			assertThat(recovery.outcome()).isEqualTo(Outcome.TRANSIENT);
			assertThat(recovery.reason()).isEqualTo("The disk is gone");
		}
		assertThat(token()).as("nothing is held against the token").isEqualTo(renewed);
		this.store.failLocks(this.server.key(), null);
		this.store.failLoads(this.server.key(), null);
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(token()).isEqualTo(renewed);
		assertThat(recover(renewed).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F23: a new token that has expired on its way is renewed")
	void recoverWhenTheNewTokenHasExpiredMeanwhileIsRenewed() {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		expire();
		Recovery again = Objects
			.requireNonNull(provider().recover(new Rejection(renewed, List.of(), true)).block(PATIENCE));
		assertThat(again.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(token()).isEqualTo(again.token());
	}

	@Test
	void recoverWhenOneRequestIsRefusedAndOthersAreNotBrakesForThatRequestOnly() {
		AccessToken renewed = Objects.requireNonNull(recover(revoked()).token());
		provider().recover(new Rejection(renewed, List.of(), true)).block(PATIENCE);
		provider().accepted(renewed);
		assertThat(token()).isEqualTo(renewed);
		assertThat(recover(renewed).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 4, F2: after invalid_grant a newer grant in the store is adopted")
	void tokenWhenRefusedAndSomebodyElseHadItRenewedIsTheirs() {
		login();
		expire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		hold.await(1);
		this.authorizationServer.revokeGrant(stored().accessToken());
		Grant theirs = login();
		hold.release();
		assertThat(waiting.join()).isEqualTo(theirs.toAccessToken());
		assertThat(stored().hasTokensOf(theirs)).isTrue();
	}

	@Test
	@DisplayName("Law 4: a newer token that has expired is not adopted after invalid_grant")
	void tokenWhenRefusedAndTheStoredTokenHasExpiredTooNeedsALogin() {
		login();
		expire();
		Sinks.Empty<Void> elsewhere = Sinks.empty();
		CompletableFuture<Void> holder = this.store.locked(this.server.key(), PATIENCE, elsewhere.asMono()).toFuture();
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		assertThat(this.store.awaitWaiters(this.server.key(), 1)).isTrue();
		login();
		expire();
		this.authorizationServer.http().next(TOKEN, Answer.error(400, "invalid_grant"));
		elsewhere.tryEmitEmpty();
		holder.join();
		StepVerifier.create(Mono.fromFuture(waiting)).expectError(LoginRequiredException.class).verify(PATIENCE);
	}

	@Test
	@DisplayName("Law 5: a rejected token that is written again during its replacement leads to no login")
	void recoverWhenTheRejectedTokenIsWrittenAgainMeanwhileMayPass() {
		AccessToken rejected = revoked();
		Grant spent = stored();
		this.store.duringSave(() -> this.store.put(this.server.key(),
				spent.mutate().refreshToken(Secret.of("theirs")).generation(spent.generation() + 5).build()));
		assertThat(recover(rejected).outcome()).isEqualTo(Outcome.TRANSIENT);
	}

	@Test
	@DisplayName("Law 2: the spent tokens that a program without the lock writes again give way to the new ones")
	void recoverWhenTheSpentTokensAreWrittenAgainMeanwhileIsStoredOverThem() {
		AccessToken rejected = revoked();
		Grant spent = stored();
		this.store.duringSave(
				() -> this.store.put(this.server.key(), spent.mutate().generation(spent.generation() + 5).build()));
		Recovery recovery = recover(rejected);
		assertThat(recovery.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(stored().toAccessToken()).isEqualTo(recovery.token());
		assertThat(stored().generation()).isEqualTo(spent.generation() + 6);
		this.store.duringSave(() -> {
		});
		expire();
		assertThat(token()).isNotEqualTo(recovery.token());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(2);
	}

	@Test
	@DisplayName("Law 2: the spent tokens that are written again and again give way when that ends")
	void recoverWhenTheSpentTokensAreWrittenAgainEachTimeIsStoredLater() {
		AccessToken rejected = revoked();
		Grant spent = stored();
		AtomicLong generation = new AtomicLong(spent.generation() + 5);
		this.store.duringSave(
				() -> this.store.put(this.server.key(), spent.mutate().generation(generation.addAndGet(5)).build()));
		Recovery recovery = recover(rejected);
		assertThat(recovery.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(token()).isEqualTo(recovery.token());
		assertThat(status().state()).isEqualTo(State.UNPERSISTED);
		this.store.duringSave(() -> {
		});
		this.providers.shutdown().block(PATIENCE);
		assertThat(stored().toAccessToken()).isEqualTo(recovery.token());
	}

	static Collection<Answer> transientAnswers() {
		return List.of(Answer.status(500), Answer.status(502), Answer.of(503, "text/plain", "later"),
				Answer.of(403, "text/html", "<html>blocked</html>"), Answer.of(200, "text/html", "<html>"),
				Answer.of(200, "application/json", "{"), Answer.status(429), Answer.dropped());
	}

	@ParameterizedTest
	@MethodSource("transientAnswers")
	@DisplayName("Law 5, F8, F9: what says nothing about the grant keeps everything")
	void tokenWhenTheTokenEndpointFailsKeepsTheGrantAndTriesLater(Answer answer) {
		Grant grant = login();
		expire();
		this.authorizationServer.http().next(TOKEN, answer);
		failsWith(TransientAuthorizationException.class);
		assertThat(stored()).isEqualTo(grant);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		failsWith(TransientAuthorizationException.class);
		assertThat(this.authorizationServer.http().count(TOKEN)).as("Law 6: the gate is closed").isEqualTo(1);
		this.clock.advance(Duration.ofSeconds(1));
		assertThat(provider().token().onErrorComplete().block(PATIENCE)).isNotNull();
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	@DisplayName("F8: Retry-After is honoured and a live token is used meanwhile")
	void tokenWhenToldToWaitIsUsedWhileItLives() {
		Grant grant = login();
		almostExpire();
		this.authorizationServer.http()
			.next(TOKEN, Answer.of(Response.of(429, "text/plain", "slow down").header("Retry-After", "45")));
		assertThat(token()).isEqualTo(grant.toAccessToken());
		refreshEnded();
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		this.clock.advance(Duration.ofSeconds(44));
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(1);
		this.clock.advance(Duration.ofSeconds(1));
		token();
		refreshEnded();
		assertThat(token()).isNotEqualTo(grant.toAccessToken());
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(2);
	}

	@Test
	@DisplayName("Law 5: an unknown outcome is tried once more, and then believed")
	void tokenWhenTheAnswerWasLostAsksForALoginOnlyOnceRefused() {
		login();
		expire();
		this.authorizationServer.http().next(TOKEN, Answer.lost());
		failsWith(TransientAuthorizationException.class);
		this.authorizationServer.http().next(TOKEN, Answer.error(400, "invalid_grant"));
		this.clock.advance(Duration.ofSeconds(1));
		failsWith(LoginRequiredException.class);
		assertThat(status().explanation().reason()).contains("invalid_grant").contains("outcome is unknown");
		assertThat(stored()).isNotNull();
		this.providers = providers(RefreshSettings.defaults());
		this.authorizationServer.http().next(TOKEN, Answer.error(400, "invalid_grant"));
		failsWith(LoginRequiredException.class);
		assertThat(status().explanation().reason()).as("in another process").contains("outcome is unknown");
	}

	@Test
	@DisplayName("Law 6: a refused refresh token is not asked about again until the store shows another grant")
	void tokenWhenRefreshTokenIsRefusedRemembersTheVerdict() {
		Grant grant = login();
		this.authorizationServer.revokeGrant(grant.accessToken());
		Recovery recovery = recover(grant.toAccessToken());
		assertThat(recovery.outcome()).isEqualTo(Outcome.REAUTHORIZE);
		assertThat(recover(grant.toAccessToken()).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(1);
		assertThat(stored()).as("nothing is deleted").isEqualTo(grant);
		ServerStatus status = status();
		assertThat(status.state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(status.explanation().reason()).contains("invalid_grant");
		assertThat(status.explanation().action()).isEqualTo("mcp login github");
		assertThat(status.explanation().since()).isEqualTo(this.clock.instant());
		Grant theirs = login();
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	@DisplayName("Law 6: a refresh that a missing setting prevents is logged as a refused one, and tried once")
	void tokenWhenItsClientIsNotKnownWarnsOnce(CapturedOutput output) {
		Grant grant = login();
		this.store.deleteClient(this.server.key()).block(PATIENCE);
		this.store.put(this.server.key(), grant.mutate().clientId(null).build());
		expire();
		for (int i = 0; i < 3; i++) {
			failsWith(LoginRequiredException.class);
		}
		assertThat(output).containsOnlyOnce(
				"MCP server 'github' needs a new login: its token cannot be renewed: it is not known which client it was issued to");
		assertThat(this.store.loads()).as("before the attempt and in it").isEqualTo(2);
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("Law 7: a stale token is used at once and renewed behind")
	void tokenWhenStaleIsUsedWhileAFlightNobodyWaitsFor() {
		Grant grant = login();
		almostExpire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		assertThat(token()).isEqualTo(grant.toAccessToken());
		hold.await(1);
		assertThat(token()).isEqualTo(grant.toAccessToken());
		hold.release();
		refreshEnded();
		assertThat(token()).isEqualTo(stored().toAccessToken()).isNotEqualTo(grant.toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 10: a caller waits for its own time only, the work goes on")
	void tokenWhenTheTokenEndpointIsSlowFailsInTimeAndIsRenewedAllTheSame() {
		this.providers = providers(
				new RefreshSettings(RefreshSettings.defaults().window(), Duration.ZERO, Duration.ofMillis(50),
						Duration.ofMinutes(1), Duration.ofSeconds(30), RefreshSettings.defaults().pauses()));
		login();
		expire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		failsWith(TransientAuthorizationException.class);
		hold.await(1);
		hold.release();
		refreshEnded();
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F6: a stored refresh token answers a 401 without a user")
	void recoverWhenThereIsARefreshTokenNeedsNoPerson() {
		Recovery recovery = recover(revoked());
		assertThat(recovery.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(recovery.token()).isEqualTo(stored().toAccessToken());
	}

	@Test
	@DisplayName("F10: values that the answer leaves out are carried forward, in memory and stored")
	void tokenWhenTheAnswerLeavesOutTheRefreshTokenKeepsIt() {
		this.authorizationServer.rotation(false).repeatScope(false);
		Grant grant = login();
		expire();
		token();
		assertThat(stored().refreshToken()).isEqualTo(grant.refreshToken());
		assertThat(stored().scope()).isEqualTo(grant.scope()).isNotEmpty();
		expire();
		token();
		assertThat(this.authorizationServer.refreshes()).isEqualTo(2);
	}

	@Test
	@DisplayName("F13, F14: a registered client is dropped only when refused twice, apart in time")
	void tokenWhenTheClientIsRefusedTwiceApartInTimeDropsARegisteredClient() {
		Grant grant = login();
		expire();
		this.authorizationServer.http()
			.next(TOKEN, Answer.error(401, "invalid_client"), Answer.error(401, "invalid_client"));
		failsWith(TransientAuthorizationException.class);
		assertThat(this.store.getClient(this.server.key())).isNotNull();
		this.clock.advance(Duration.ofMinutes(1));
		failsWith(LoginRequiredException.class);
		assertThat(this.store.getClient(this.server.key())).isNull();
		assertThat(stored()).as("the grant is kept").isEqualTo(grant);
	}

	@Test
	@DisplayName("F14: one transient invalid_client wipes nothing")
	void tokenWhenTheClientIsRefusedInPassingIsRenewedLater() {
		login();
		expire();
		this.authorizationServer.http().next(TOKEN, Answer.error(401, "invalid_client"));
		failsWith(TransientAuthorizationException.class);
		this.clock.advance(Duration.ofMinutes(1));
		assertThat(token()).isEqualTo(stored().toAccessToken());
	}

	@Test
	@DisplayName("F14: a configured client is never dropped")
	void tokenWhenAConfiguredClientIsRefusedKeepsEverything() {
		this.server = server(OAuthSettings.builder().clientId("configured").clientSecret(Secret.of("wrong")));
		this.authorizationServer.client("configured", "right");
		this.store.put(this.server.key(), this.authorizationServer.issue("configured", RESOURCE));
		expire();
		failsWith(TransientAuthorizationException.class);
		this.clock.advance(Duration.ofMinutes(1));
		StepVerifier.create(provider().token())
			.verifyErrorSatisfies((ex) -> assertThat(ex)
				.isInstanceOfSatisfying(LoginRequiredException.class,
						(failure) -> assertThat(failure.getCorrection()).isNotNull())
				.hasMessageContaining("Check 'mcp.servers.github.oauth.client-id', its secret"));
		assertThat(stored()).isNotNull();
		assertThat(status().explanation().reason()).contains("invalid_client");
		assertThat(status().explanation().action()).contains("'mcp.servers.github.oauth.client-id'");
	}

	@Test
	@DisplayName("F14: with the right secret the login is as good as before")
	void tokenWhenAConfiguredClientIsCorrectedIsRenewed() {
		tokenWhenAConfiguredClientIsRefusedKeepsEverything();
		this.server = server(OAuthSettings.builder().clientId("configured").clientSecret(Secret.of("right")));
		this.providers = providers(RefreshSettings.defaults());
		assertThat(token()).isEqualTo(stored().toAccessToken());
	}

	@Test
	@DisplayName("F16: a refused resource is left out once, and the answer is remembered with the grant")
	void tokenWhenTheResourceIsRefusedIsAskedForWithoutAndRemembers() {
		login();
		this.authorizationServer.acceptResource("");
		expire();
		this.authorizationServer.http().next(TOKEN, Answer.error(400, "invalid_target"));
		token();
		assertThat(stored().resourceRefused()).isTrue();
		assertThat(stored().resource()).isEqualTo(RESOURCE);
		expire();
		token();
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(3);
		assertThat(this.authorizationServer.http().requests(TOKEN))
			.extracting((request) -> request.parameter("resource"))
			.containsExactly(RESOURCE, null, null);
	}

	@Test
	@DisplayName("F16: the resource goes along byte for byte on refresh")
	void tokenWhenRenewedSendsTheResourceOfTheGrant() {
		login();
		expire();
		token();
		assertThat(this.authorizationServer.http().requests(TOKEN))
			.extracting((request) -> request.parameter("resource"))
			.containsExactly(RESOURCE);
	}

	@Test
	@DisplayName("F27: a token without refresh token is used until it expires")
	void tokenWhenThereIsNoRefreshTokenIsUsedUntilExpiry() {
		this.authorizationServer.issueRefreshTokens(false);
		Grant grant = login();
		almostExpire();
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(status().explanation().reason()).as("F17").contains("no refresh token was issued");
		this.clock.advance(LIFETIME);
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.http().count(TOKEN)).isZero();
	}

	@Test
	@DisplayName("F27: a token without refresh token is used until a 401")
	void recoverWhenThereIsNoRefreshTokenNeedsAPerson() {
		this.authorizationServer.issueRefreshTokens(false);
		Grant grant = login();
		assertThat(recover(grant.toAccessToken()).outcome()).isEqualTo(Outcome.REAUTHORIZE);
		failsWith(LoginRequiredException.class);
	}

	@Test
	@DisplayName("F28: a refused early refresh leaves the live token in use until its true expiry")
	void tokenWhenAnEarlyRefreshIsRefusedIsUsedUntilExpiry() {
		Grant grant = login();
		almostExpire();
		this.authorizationServer.http().next(TOKEN, Answer.error(400, "invalid_grant"));
		assertThat(token()).isEqualTo(grant.toAccessToken());
		refreshEnded();
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(status().explanation().reason()).contains("invalid_grant");
		this.clock.advance(LIFETIME);
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 14, F30: a grant that is removed while it is renewed is not written back")
	void tokenWhenRemovedWhileRenewedStaysRemoved() {
		login();
		expire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		hold.await(1);
		this.store.put(this.server.key(), null);
		hold.release();
		StepVerifier.create(Mono.fromFuture(waiting)).expectError(LoginRequiredException.class).verify(PATIENCE);
		assertThat(this.store.get(this.server.key())).isNull();
	}

	@Test
	@DisplayName("F31: a changed URL does not send the old token to a new host")
	void tokenWhenTheUrlChangedIsNotSentAndNotDeleted() {
		Grant grant = login();
		this.server = McpServer.of("github", URI.create("https://mcp.example.org/mcp"));
		failsWith(LoginRequiredException.class);
		assertThat(stored()).isEqualTo(grant);
		assertThat(status().explanation().reason()).contains(RESOURCE);
		this.server = McpServer.of("github", URI.create("http://127.0.0.1:9/mcp-evil"));
		failsWith(LoginRequiredException.class);
		this.server = McpServer.of("github", URI.create("http://127.0.0.1:9/mcp/below"));
		assertThat(token()).isEqualTo(grant.toAccessToken());
	}

	@Test
	@DisplayName("F33: an issuer that differs by a slash is another one, and deletes nothing")
	void tokenWhenAnotherIssuerIsConfiguredIsKept() {
		Grant grant = login();
		this.server = server(OAuthSettings.builder().authorizationServer(this.authorizationServer.issuer() + "/"));
		failsWith(LoginRequiredException.class);
		assertThat(stored()).isEqualTo(grant);
		this.server = server(OAuthSettings.builder().authorizationServer(this.authorizationServer.issuer()));
		assertThat(token()).isEqualTo(grant.toAccessToken());
	}

	@Test
	void tokenWhenTheNewPairCannotBeStoredIsUsedFromMemoryAndNothingMoreIsSpent() {
		login();
		expire();
		this.store.failSaves(this.server.key(), new TokenStoreException("github", "The disk is full", null));
		AccessToken renewed = token();
		assertThat(renewed).isNotEqualTo(stored().toAccessToken());
		assertThat(token()).isEqualTo(renewed);
		ServerStatus status = status();
		assertThat(status.state()).isEqualTo(State.UNPERSISTED);
		assertThat(status.explanation().reason()).isEqualTo("The disk is full");
		this.clock.advance(Duration.ofMinutes(58));
		assertThat(token()).isEqualTo(renewed);
		refreshEnded();
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		this.store.failSaves(this.server.key(), null);
		this.clock.advance(Duration.ofMinutes(1));
		token();
		refreshEnded();
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	void tokenWhenAnUnstoredPairIsOvertakenByAnotherGrantIsTheirs() {
		login();
		expire();
		this.store.failSaves(this.server.key(), new TokenStoreException("github", "The disk is full", null));
		token();
		Grant theirs = login();
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	void tokenWhenTheStoreCannotBeReadIsUsedFromMemory() {
		Grant grant = login();
		token();
		this.store.failLoads(this.server.key(), new TokenStoreException("github", "The disk is gone", null));
		this.store.put(this.server.key(), grant);
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(status().state()).isEqualTo(State.STORE_ERROR);
		expire();
		failsWith(TokenStoreException.class);
	}

	@Test
	@DisplayName("F23: a 401 that asks for something else than OAuth is not about OAuth")
	void recoverWhenChallengedWithBasicIsNotRecovered() {
		Grant grant = login();
		Rejection rejection = Rejection.of(grant.toAccessToken(), List.of("Basic realm=\"proxy\""));
		assertThat(provider().recover(rejection).block(PATIENCE)).extracting(Recovery::outcome)
			.isEqualTo(Outcome.NOT_RECOVERED);
		assertThat(token()).isEqualTo(grant.toAccessToken());
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	@DisplayName("F24: no lock is held once no caller waits and the attempt has ended")
	void tokenWhenCancelledAtEveryStepLeavesNoLock() {
		login();
		for (int round = 0; round < 3; round++) {
			expire();
			Hold hold = this.authorizationServer.http().hold(TOKEN);
			Disposable caller = provider().token().subscribe();
			hold.await(1);
			caller.dispose();
			hold.release();
			refreshEnded();
			assertThat(this.store.isLocked(this.server.key())).isFalse();
			assertThat(token()).isEqualTo(stored().toAccessToken());
		}
	}

	@Test
	@DisplayName("Seed: the provider is the same while the server is equal")
	void providerWhenTheServerIsEqualIsTheSame() {
		GrantProvider provider = provider();
		this.server = server(OAuthSettings.builder());
		assertThat(provider()).isSameAs(provider);
		this.server = server(OAuthSettings.builder().scopes(Set.of("repo")));
		assertThat(provider()).isNotSameAs(provider);
	}

	@Test
	@DisplayName("F38: a token that is good for long enough is left alone")
	void refreshWhenGoodForLongerDoesNothing() {
		login();
		provider().refresh(Duration.ofMinutes(15)).block(PATIENCE);
		assertThat(this.authorizationServer.refreshes()).isZero();
		provider().refresh(Duration.ofHours(2)).block(PATIENCE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
		provider().refresh(null).block(PATIENCE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(2);
	}

	@Test
	void refreshWhenNobodyLoggedInNeedsALogin() {
		StepVerifier.create(provider().refresh(null)).expectError(LoginRequiredException.class).verify(PATIENCE);
	}

	@Test
	@DisplayName("X6, law 17: a listener that throws changes nothing")
	void tokenWhenTheListenerThrowsIsRenewedAllTheSame() {
		this.listener = new ThrowingListener();
		this.providers = providers(RefreshSettings.defaults());
		for (int expiry = 1; expiry <= 3; expiry++) {
			login();
			expire();
			assertThat(token()).isEqualTo(stored().toAccessToken());
			assertThat(this.authorizationServer.refreshes()).isEqualTo(expiry);
		}
		AccessToken rejected = revoked();
		assertThat(recover(rejected).outcome()).isEqualTo(Outcome.REFRESHED);
	}

	@Test
	@DisplayName("X6, law 16: a store whose lock throws while it is asked ends the attempt, and the next works")
	void tokenWhenTheAttemptCannotBeAssembledFailsAndTheNextWorks() {
		login();
		expire();
		this.store.failLocks(this.server.key(), new TokenStoreException("github", "a test", null));
		failsWith(TokenStoreException.class);
		this.store.failLocks(this.server.key(), null);
		this.clock.advance(Duration.ofMinutes(2));
		assertThat(token()).isEqualTo(stored().toAccessToken());
	}

	@Test
	@DisplayName("A status after a failed lock names the failure, although the store can be read")
	void statusWhenTheLockFailedTellsItsReason() {
		login();
		expire();
		this.store.failLocks(this.server.key(), new TokenStoreException("github", "The lock is taken", null));
		failsWith(TokenStoreException.class);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		assertThat(status().explanation().reason()).isEqualTo("The lock is taken");
	}

	@Test
	@DisplayName("Law 5: a refusal that no reload confirmed is asked about once more, and then believed")
	void tokenWhenTheReloadAfterARefusalFailsAsksOnceMore() {
		login();
		expire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		hold.await(1);
		this.authorizationServer.revokeGrant(stored().accessToken());
		this.store.failLoads(this.server.key(), new TokenStoreException("github", "The disk is gone", null));
		hold.release();
		StepVerifier.create(Mono.fromFuture(waiting)).expectError(TokenStoreException.class).verify(PATIENCE);
		this.store.failLoads(this.server.key(), null);
		this.clock.advance(Duration.ofMinutes(2));
		failsWith(LoginRequiredException.class);
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.http().count(TOKEN)).isEqualTo(2);
	}

	@Test
	@DisplayName("X9: a pair that could not be stored is stored by itself, without a request")
	void tokenWhenTheNewPairCannotBeStoredIsStoredLaterByItself() {
		this.providers = providers(new RefreshSettings(RefreshSettings.defaults().window(), Duration.ZERO,
				Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(30),
				new RefreshSettings.Pauses(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMinutes(1))));
		login();
		expire();
		this.store.failSaves(this.server.key(), new TokenStoreException("github", "a test", null));
		AccessToken renewed = token();
		assertThat(stored().toAccessToken()).isNotEqualTo(renewed);
		this.store.failSaves(this.server.key(), null);
		Mono.defer(() -> Mono.just(stored().toAccessToken().equals(renewed)))
			.filter((isStored) -> isStored)
			.repeatWhenEmpty((repeats) -> repeats.delayElements(Duration.ofMillis(10)))
			.block(PATIENCE);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("X15: a pair is stored over a record that was rewritten with the tokens it descends from")
	void tokenWhenTheRecordWasRewrittenMeanwhileIsStoredOverIt() {
		Grant spent = login();
		expire();
		this.store.failSaves(this.server.key(), new TokenStoreException("github", "a test", null));
		AccessToken renewed = token();
		this.store.put(this.server.key(), spent.mutate().generation(spent.generation() + 5).build());
		this.store.failSaves(this.server.key(), null);
		this.providers.shutdown().block(PATIENCE);
		assertThat(stored().toAccessToken()).isEqualTo(renewed);
		assertThat(stored().generation()).isEqualTo(spent.generation() + 6);
	}

	@Test
	@DisplayName("X1, law 19: closing waits for the attempt under way and takes no new one")
	void shutdownWhenAnAttemptIsUnderWayWaitsForIt() {
		Grant spent = login();
		almostExpire();
		Hold hold = this.authorizationServer.http().hold(TOKEN);
		assertThat(token()).isEqualTo(spent.toAccessToken());
		hold.await(1);
		CompletableFuture<Void> closed = this.providers.shutdown().toFuture();
		assertThat(closed).isNotDone();
		hold.release();
		closed.join();
		assertThat(stored().toAccessToken()).isNotEqualTo(spent.toAccessToken());
		expire();
		failsWith(TransientAuthorizationException.class);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("X1: closing stores a pair that could not be stored")
	void shutdownWhenAPairIsNotStoredStoresIt() {
		login();
		expire();
		this.store.failSaves(this.server.key(), new TokenStoreException("github", "a test", null));
		AccessToken renewed = token();
		this.store.failSaves(this.server.key(), null);
		this.providers.shutdown().block(PATIENCE);
		assertThat(stored().toAccessToken()).isEqualTo(renewed);
	}

	@Test
	@DisplayName("X16, law 3: a recovery does not join an attempt that replaces another token")
	void recoverWhenAnotherTokenIsBeingReplacedWaitsAndAsksForItsOwn() {
		Grant first = login();
		almostExpire();
		Sinks.Empty<Void> elsewhere = Sinks.empty();
		CompletableFuture<Void> holder = this.store.locked(this.server.key(), PATIENCE, elsewhere.asMono()).toFuture();
		assertThat(token()).isEqualTo(first.toAccessToken());
		assertThat(this.store.awaitWaiters(this.server.key(), 1)).isTrue();
		Grant second = login();
		AccessToken rejected = second.toAccessToken();
		this.authorizationServer.revokeAccessToken(second.accessToken());
		CompletableFuture<Recovery> recovery = provider().recover(Rejection.of(rejected, List.of())).toFuture();
		elsewhere.tryEmitEmpty();
		holder.join();
		assertThat(recovery.join().outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(recovery.join().token()).isEqualTo(stored().toAccessToken()).isNotEqualTo(rejected);
	}

	@Test
	@DisplayName("X17, law 22: a clock that is put right does not lengthen a pause")
	void tokenWhenTheClockIsPutRightWaitsNoLonger() {
		Instant right = this.clock.instant();
		this.clock.set(right.plus(Duration.ofHours(3)));
		login();
		this.clock.set(right.plus(Duration.ofHours(5)));
		this.authorizationServer.http().handle(TOKEN, Answer.status(503));
		failsWith(TransientAuthorizationException.class);
		this.clock.set(right);
		StepVerifier.create(provider().refresh(null))
			.expectErrorSatisfies((ex) -> assertThat(((TransientAuthorizationException) ex).getRetryAfter())
				.isLessThanOrEqualTo(Duration.ofSeconds(2)))
			.verify(PATIENCE);
		assertThat(status().explanation().nextTry()).isNotNull().isBefore(right.plusSeconds(5));
	}

	@Test
	@DisplayName("X26: a refused refresh token is known to every process, and not sent again")
	void tokenWhenAnotherProcessWasRefusedIsNotAskedForAgain() {
		Grant grant = login();
		expire();
		this.authorizationServer.http()
			.handle(TOKEN, Answer.json(400, Map.of("error", "invalid_grant", "error_description", "revoked")));
		failsWith(LoginRequiredException.class);
		int sent = this.authorizationServer.http().requests(TOKEN).size();
		this.providers = providers(RefreshSettings.defaults());
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.http().requests(TOKEN)).hasSize(sent);
		assertThat(stored().refreshToken()).isEqualTo(grant.refreshToken());
	}

	@Test
	@DisplayName("X25: two processes confirm each other's refusal of a registered client")
	void tokenWhenTheClientIsRefusedInTwoProcessesDropsIt() {
		login();
		expire();
		this.authorizationServer.http().handle(TOKEN, Answer.json(401, Map.of("error", "invalid_client")));
		failsWith(TransientAuthorizationException.class);
		assertThat(this.store.getClient(this.server.key())).isNotNull();
		this.clock.advance(Duration.ofSeconds(10));
		this.providers = providers(RefreshSettings.defaults());
		failsWith(LoginRequiredException.class);
		assertThat(this.store.getClient(this.server.key())).isNull();
	}

	@Test
	@DisplayName("Law 20: a young note of another process is waited for, and its result adopted")
	void tokenWhenAnotherProcessIsSpendingWaitsForIt() {
		this.store.leases(true);
		Grant grant = login();
		expire();
		noteByAnotherProcess(grant);
		CompletableFuture<AccessToken> waiting = provider().token().toFuture();
		Grant theirs = login();
		assertThat(waiting.join()).isEqualTo(theirs.toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	@Test
	@DisplayName("Law 20: a caller whose time ends during the wait for another process is told how long the wait can take")
	void tokenWhenAnotherProcessDiedWhileSpendingSaysWhenToTryAgain() {
		RefreshSettings defaults = RefreshSettings.defaults();
		this.providers = providers(new RefreshSettings(defaults.window(), Duration.ZERO, Duration.ofMillis(300),
				defaults.lockTimeout(), defaults.storeTimeout(), defaults.pauses()));
		this.store.leases(true);
		Grant grant = login();
		expire();
		noteByAnotherProcess(grant);
		// On a busy machine the time of the first callers may end before the attempt has
		// found the note
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> StepVerifier.create(provider().token()).verifyErrorSatisfies((ex) -> {
				assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
					.hasMessageContaining("another process began to renew its token, and has stored no result");
				assertThat(((TransientAuthorizationException) ex).getRetryAfter()).isPositive()
					.isLessThanOrEqualTo(ProtocolSettings.defaults().tokenTimeout().plusSeconds(5));
			}));
		assertThat(this.authorizationServer.refreshes()).isZero();
		this.store.withdrawSpending(this.server.key(), "another-process").block(PATIENCE);
		refreshEnded();
		assertThat(token()).isEqualTo(stored().toAccessToken());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F42: a refusal in the server's own words is believed after five times over five minutes")
	void tokenWhenRefusedAgainAndAgainInOtherWordsNeedsALogin() {
		Grant grant = login();
		expire();
		this.authorizationServer.http().handle(TOKEN, Answer.json(400, Map.of("problem", "session is gone")));
		for (int refusal = 1; refusal <= 4; refusal++) {
			failsWith(TransientAuthorizationException.class);
			this.clock.advance(Duration.ofMinutes(2));
		}
		failsWith(LoginRequiredException.class);
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(stored().refreshToken()).isEqualTo(grant.refreshToken());
	}

	@Test
	@DisplayName("F42: the refusals are counted beyond the end of a process, as commands need it")
	void tokenWhenEachProcessIsRefusedOnceNeedsALogin() {
		login();
		expire();
		this.authorizationServer.http().handle(TOKEN, Answer.json(400, Map.of("problem", "session is gone")));
		for (int process = 1; process <= 4; process++) {
			failsWith(TransientAuthorizationException.class);
			this.clock.advance(Duration.ofMinutes(2));
			this.providers = providers(RefreshSettings.defaults());
		}
		failsWith(LoginRequiredException.class);
		this.providers = providers(RefreshSettings.defaults());
		failsWith(LoginRequiredException.class);
		assertThat(this.authorizationServer.refreshes()).as("another process knows it").isEqualTo(5);
	}

	@Test
	@DisplayName("F42, law 5: an outage in between starts the count anew")
	void tokenWhenRefusalsAreInterruptedByAnOutageIsTriedOn() {
		login();
		expire();
		Answer refusal = Answer.json(400, Map.of("problem", "session is gone"));
		this.authorizationServer.http().handle(TOKEN, refusal);
		for (int attempt = 1; attempt <= 8; attempt++) {
			this.authorizationServer.http().handle(TOKEN, (attempt == 4) ? Answer.status(503) : refusal);
			failsWith(TransientAuthorizationException.class);
			this.clock.advance(Duration.ofMinutes(2));
		}
	}

	@Test
	@DisplayName("F48: a 403 that says invalid_token is recovered once")
	void recoverWhenForbiddenForAnInvalidTokenRefreshesOnce() {
		AccessToken rejected = revoked();
		List<String> challenges = List.of("Bearer error=\"invalid_token\"");
		Recovery recovery = answerTo(new Rejection(rejected, challenges, false, true, false));
		assertThat(recovery.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(answerTo(new Rejection(recovery.token(), challenges, true, true, false)).outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F48: a 403 without a challenge is recovered if the token has expired, and left alone if not")
	void recoverWhenForbiddenWithoutChallengeLooksAtTheExpiry() {
		AccessToken sent = login().toAccessToken();
		assertThat(answerTo(new Rejection(sent, List.of(), false, true, false)).outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
		expire();
		assertThat(answerTo(new Rejection(sent, List.of(), false, true, false)).isRecovered()).isTrue();
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("F48: a 403 to a request without a token asks for a login if it asks for a token")
	void recoverWhenForbiddenWithoutTokenLooksAtTheChallenge() {
		assertThat(answerTo(new Rejection(null, List.of("Bearer"), false, true, false)).outcome())
			.isEqualTo(Outcome.REAUTHORIZE);
		assertThat(answerTo(new Rejection(null, List.of("Basic realm=\"x\""), false, true, false)).outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
		assertThat(answerTo(new Rejection(null, List.of(), false, true, false)).outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
	}

	@Test
	@DisplayName("X23: an expired token without refresh token counts as login required, as its status says")
	void isLoginRequiredWhenTheTokenExpiredWithoutRefreshTokenIsTrue() {
		Grant grant = login();
		this.store.put(this.server.key(), grant.mutate().refreshToken(null).build());
		token();
		assertThat(provider().isLoginRequired()).isFalse();
		expire();
		assertThat(status().state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(provider().isLoginRequired()).isTrue();
		failsWith(LoginRequiredException.class);
	}

	private void noteByAnotherProcess(Grant grant) {
		SpendingNote note = new SpendingNote(Objects.requireNonNull(grant.refreshToken()).fingerprint(),
				"another-process");
		this.store
			.locked(this.server.key(), PATIENCE, this.store.noteSpending(this.server.key(), grant, note, Duration.ZERO))
			.block(PATIENCE);
	}

	private Recovery answerTo(Rejection rejection) {
		return Objects.requireNonNull(provider().recover(rejection).block(PATIENCE));
	}

	private McpServer server(OAuthSettings.Builder settings) {
		return new McpServer("github", URI.create(RESOURCE), settings.build());
	}

	private GrantProviderRegistry providers(RefreshSettings settings) {
		ProtocolSettings protocol = ProtocolSettings.defaults();
		AuthorizationWebClients clients = (server) -> WebClient.create();
		TokenEndpoint tokenEndpoint = new TokenEndpoint(clients, protocol, this.clock);
		Discovery discovery = new Discovery(clients, protocol, this.clock, this.store, McpOAuthListener.none());
		RefreshSettings eager = new RefreshSettings(settings.window(), Duration.ZERO, settings.recoveryTimeout(),
				settings.lockTimeout(), settings.storeTimeout(), settings.pauses());
		RefreshContext context = new RefreshContext(this.store, eager, PrincipalResolver.application(), this.listener,
				this.threads, this.clock.time());
		RenewalEndpoints endpoints = new RenewalEndpoints(tokenEndpoint, discovery, new ServerProbe(clients, PATIENCE));
		return new GrantProviderRegistry(context,
				new GrantRenewalFactory(endpoints, new CredentialSuppliers(null, null), context),
				PrincipalCacheSettings.defaults());
	}

	private GrantProvider provider() {
		return this.providers.provider(this.server, this.server.key());
	}

	private Grant login() {
		this.store.saveClient(this.server.key(), this.authorizationServer.registered("client-1")).block(PATIENCE);
		Grant grant = this.authorizationServer.issue("client-1", RESOURCE, "read", "write");
		this.store.put(this.server.key(), grant);
		return grant;
	}

	private AccessToken revoked() {
		Grant grant = login();
		AccessToken token = token();
		this.authorizationServer.revokeAccessToken(grant.accessToken());
		return token;
	}

	private void expire() {
		this.clock.advance(LIFETIME);
	}

	private void almostExpire() {
		this.clock.advance(LIFETIME.minusMinutes(2));
	}

	private AccessToken token() {
		return Objects.requireNonNull(provider().token().block(PATIENCE));
	}

	private void failsWith(Class<? extends Throwable> type) {
		StepVerifier.create(provider().token()).expectError(type).verify(PATIENCE);
	}

	private Recovery recover(@Nullable AccessToken rejected) {
		return Objects.requireNonNull(provider().recover(Rejection.of(rejected, List.of())).block(PATIENCE));
	}

	private ServerStatus status() {
		return Objects.requireNonNull(provider().status().block(PATIENCE));
	}

	/**
	 * Wait until no refresh is in flight. Whoever takes the lock does so after it.
	 */
	private void refreshEnded() {
		provider().ended().block(PATIENCE);
	}

	private Grant stored() {
		return Objects.requireNonNull(this.store.get(this.server.key()));
	}

	private static @Nullable String refreshToken(Grant grant) {
		Secret refreshToken = grant.refreshToken();
		return (refreshToken != null) ? refreshToken.reveal() : null;
	}

	private static List<AccessToken> tokensOf(@Nullable List<Recovery> recoveries) {
		List<AccessToken> tokens = new ArrayList<>();
		if (recoveries != null) {
			recoveries.stream().map(Recovery::token).forEach((token) -> {
				assertThat(token).isNotNull();
				tokens.add(token);
			});
		}
		return tokens;
	}

	private static final class ThrowingListener implements McpOAuthListener {

		@Override
		public void onEvent(McpOAuthEvent event) {
			throw new IllegalStateException("listener");
		}

		@Override
		public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
				Function<? super T, String> outcome) {
			return mono.doOnNext((value) -> {
				throw new IllegalStateException("observation");
			});
		}

		@Override
		public void locked(String server, Duration waited) {
			throw new IllegalStateException("locked");
		}

		@Override
		public void refreshEnded(String server, int waiters) {
			throw new IllegalStateException("landed");
		}

	}

}
