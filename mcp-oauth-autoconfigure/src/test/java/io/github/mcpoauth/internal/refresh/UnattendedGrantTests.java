// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.OAuthSettings.DPoP;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.principal.SubjectToken;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Grants without a user, from the first token on, over real HTTP.
 */
class UnattendedGrantTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final Duration LIFETIME = Duration.ofHours(1);

	private static final String CLIENT_CREDENTIALS = "client_credentials";

	private static final String JWT_BEARER = TestAuthorizationServer.JWT_BEARER;

	private static final String TOKEN_EXCHANGE = TestAuthorizationServer.TOKEN_EXCHANGE;

	private static final String USER = "user";

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(LIFETIME)
		.client("agent", "sesame");

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final AtomicReference<Mono<SubjectToken>> subject = new AtomicReference<>(Mono.empty());

	private final AtomicReference<Supplier<Mono<Secret>>> assertion = new AtomicReference<>(
			() -> Mono.just(Secret.of("supplied")));

	private final List<AssertionSupplier.Request> asked = new ArrayList<>();

	private McpServer server = server((settings) -> settings);

	private final WorkThreads threads = WorkThreads.platform();

	private GrantProviderRegistry providers = providers();

	@TempDir
	@SuppressWarnings("NullAway.Init")
	private Path directory;

	@AfterEach
	void stop() {
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@Test
	@DisplayName("Law 1: the first token is asked for once, for all callers")
	void tokenWhenThereIsNoneIsAskedForOnce() {
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		List<Mono<AccessToken>> waiting = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			Mono<AccessToken> token = provider().token().cache();
			token.subscribe();
			waiting.add(token);
		}
		hold.await(1);
		hold.release();
		Set<AccessToken> tokens = Set.copyOf(Objects.requireNonNull(Mono
			.zip(waiting, (all) -> java.util.Arrays.stream(all).map(AccessToken.class::cast).distinct().toList())
			.block(PATIENCE)));
		assertThat(tokens).hasSize(1);
		Request request = request(CLIENT_CREDENTIALS);
		assertThat(request.header("Authorization")).startsWith("Basic ");
		assertThat(request.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(request.form()).doesNotContainKeys("scope", "client_id", "client_secret");
		Grant stored = stored();
		assertThat(stored.refreshToken()).isNull();
		assertThat(stored.clientId()).isEqualTo("agent");
		assertThat(stored.issuer()).isEqualTo(this.authorizationServer.issuer());
		assertThat(stored.generation()).isEqualTo(this.clock.millis());
	}

	@Test
	void tokenWhenAnotherProcessHasOneAsksNobody() {
		AccessToken token = token();
		assertThat(Objects.requireNonNull(providers().provider(this.server, this.server.key()).token().block(PATIENCE)))
			.isEqualTo(token);
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(1);
	}

	@Test
	@DisplayName("Laws 2 and 7, J6: a stale token is used, and the next one asked for behind it, without discovery")
	void tokenWhenStaleIsRenewedInTheBackground() {
		AccessToken first = token();
		int fetched = this.mcpServer.http().requests().size();
		this.clock.advance(LIFETIME.minusSeconds(1));
		assertThat(token()).isEqualTo(first);
		provider().ended().block(PATIENCE);
		assertThat(token()).isNotEqualTo(first);
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(2);
		assertThat(this.mcpServer.http().requests()).hasSize(fetched);
		assertThat(stored().generation()).isGreaterThan(1);
	}

	@Test
	void tokenWhenExpiredWaitsForTheNext() {
		AccessToken first = token();
		this.clock.advance(LIFETIME);
		assertThat(token()).isNotEqualTo(first);
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(2);
	}

	@Test
	void tokenWhenRefusedSaysWhatToCorrectAndAsksNoMore() {
		this.authorizationServer.removeClient("agent");
		for (int i = 0; i < 3; i++) {
			StepVerifier.create(provider().token())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
					.hasMessageContaining("cannot be authorized: The token endpoint")
					.hasMessageContaining("'invalid_client'")
					.hasMessageContaining("Check 'mcp.servers.github.oauth.client-id'")
					.hasMessageNotContaining("mcp login"))
				.verify(PATIENCE);
		}
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(1);
		ServerStatus status = status();
		assertThat(status.state()).isEqualTo(State.LOGIN_REQUIRED);
		assertThat(status.explanation().action()).startsWith("Check 'mcp.servers.github.oauth.client-id'");
	}

	@Test
	void tokenWhenRefusedAWhileAgoIsAskedForOnceMore() {
		this.authorizationServer.removeClient("agent");
		StepVerifier.create(provider().token()).expectError(LoginRequiredException.class).verify(PATIENCE);
		this.authorizationServer.client("agent", "sesame");
		this.clock.advance(RefreshSettings.defaults().pauses().rejection());
		assertThat(this.authorizationServer.isActive(token().value().reveal())).isTrue();
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	void refreshWhenRefusedJustNowAsksAgainAtOnce() {
		this.authorizationServer.removeClient("agent");
		StepVerifier.create(provider().token()).expectError(LoginRequiredException.class).verify(PATIENCE);
		this.authorizationServer.client("agent", "sesame");
		provider().refresh(null).block(PATIENCE);
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@Test
	void tokenWhenServerFailsIsTransientAndNotHammered() {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.TOKEN, Answer.of(Response.of(503, "text/html", "<html></html>")));
		for (int i = 0; i < 3; i++) {
			StepVerifier.create(provider().token()).expectError(TransientAuthorizationException.class).verify(PATIENCE);
		}
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(1);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		this.clock.advance(Duration.ofMinutes(1));
		assertThat(this.authorizationServer.isActive(token().value().reveal())).isTrue();
	}

	@Test
	@DisplayName("Law 3: a 401 has one new token asked for, of whom the server names now")
	void recoverWhenTokenIsRefusedAsksWhomTheServerNamesNow() {
		AccessToken first = token();
		this.authorizationServer.revokeAccessToken(first.value());
		Recovery one = recover(first);
		Recovery other = recover(first);
		assertThat(one.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(other.outcome()).isEqualTo(Outcome.ADOPTED);
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(2);
		assertThat(this.mcpServer.http().count(TestMcpServer.METADATA)).isEqualTo(2);
	}

	@Test
	@DisplayName("A6: the client's secret is not shown to another authorization server")
	void recoverWhenServerNamesAnotherAuthorizationServerSendsItNothing() {
		AccessToken first = token();
		try (TestAuthorizationServer other = TestAuthorizationServer.start(this.clock).client("agent", "sesame")) {
			this.mcpServer.metadata((metadata) -> metadata.put("authorization_servers", List.of(other.issuer())));
			Recovery recovery = recover(first);
			assertThat(recovery.outcome()).isEqualTo(Outcome.REAUTHORIZE);
			assertThat(recovery.reason()).contains("was used at '" + this.authorizationServer.issuer())
				.contains("'mcp.servers.github.oauth.authorization-server'");
			assertThat(other.http().count(TestAuthorizationServer.TOKEN)).isZero();
		}
	}

	@Test
	void recoverWhenAnotherAuthorizationServerIsConfiguredAsksThat() {
		AccessToken first = token();
		try (TestAuthorizationServer other = TestAuthorizationServer.start(this.clock).client("agent", "sesame")) {
			this.server = server((settings) -> settings.authorizationServer(other.issuer()));
			assertThat(token()).isNotEqualTo(first);
			assertThat(stored().issuer()).isEqualTo(other.issuer());
		}
	}

	@Test
	@DisplayName("J7, G2: more scopes are asked for once, with those from before")
	void recoverWhenScopeIsMissingAsksForTheUnionOnce() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("read")));
		AccessToken first = token();
		assertThat(request(CLIENT_CREDENTIALS).parameter("scope")).isEqualTo("read");
		Recovery recovery = forbidden(first, "write");
		assertThat(recovery.outcome()).isEqualTo(Outcome.REFRESHED);
		assertThat(request(CLIENT_CREDENTIALS).parameter("scope")).isEqualTo("read write");
		assertThat(forbidden(Objects.requireNonNull(recovery.token()), "write").outcome())
			.isEqualTo(Outcome.NOT_RECOVERED);
		this.clock.advance(LIFETIME);
		token();
		assertThat(request(CLIENT_CREDENTIALS).parameter("scope")).isEqualTo("read write");
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(3);
	}

	@Test
	@DisplayName("G4: scopes that are refused are not asked for again at once, and the token stays in use")
	void recoverWhenMoreScopesAreRefusedKeepsTheToken() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("read")));
		this.authorizationServer.grantable(Set.of("read"));
		AccessToken first = token();
		for (int i = 0; i < 3; i++) {
			Recovery recovery = forbidden(first, "write");
			assertThat(recovery.outcome()).isEqualTo(Outcome.INSUFFICIENT_SCOPE);
			assertThat(recovery.reason()).contains("'write'").contains("invalid_scope");
		}
		assertThat(token()).isEqualTo(first);
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(2);
	}

	@Test
	@DisplayName("Law 14: what was removed while it is waited for is not brought back")
	void refreshWhenRemovedMeanwhileBringsNothingBack() {
		AccessToken first = token();
		this.clock.advance(LIFETIME);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Mono<AccessToken> waiting = provider().token().cache();
		waiting.subscribe((token) -> {
		}, (ex) -> {
		});
		hold.await(1);
		this.store.put(this.server.key(), null);
		hold.release();
		provider().ended().block(PATIENCE);
		assertThat(this.store.get(this.server.key())).isNull();
		assertThat(token()).isNotEqualTo(first);
	}

	@Test
	void tokenWhenAPersonHadLoggedInIsNotTheirs() {
		Grant theirs = this.authorizationServer.client("desk", "x").issue("desk", this.mcpServer.url().toString());
		this.store.put(this.server.key(), theirs);
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(token()).isNotEqualTo(theirs.toAccessToken());
		assertThat(stored().clientId()).isEqualTo("agent");
		this.server = server((settings) -> settings.grantType(GrantType.AUTHORIZATION_CODE));
		StepVerifier.create(provider().token())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
				.hasMessageContaining("got without a login"))
			.verify(PATIENCE);
	}

	@Test
	void tokenWhenWrittenBySomebodyElseIsUsed() {
		Grant theirs = this.authorizationServer.issue("agent", null).mutate().generation(0).build();
		this.store.put(this.server.key(), theirs);
		assertThat(token()).isEqualTo(theirs.toAccessToken());
		assertThat(requests(CLIENT_CREDENTIALS)).isEmpty();
	}

	@Test
	@DisplayName("D8: offline access is not asked for where no refresh token is wanted")
	void tokenWhenServerOffersOfflineAccessDoesNotAskForIt() {
		this.authorizationServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("offline_access")));
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("read")));
		token();
		assertThat(request(CLIENT_CREDENTIALS).parameter("scope")).isEqualTo("read");
	}

	@Test
	void tokenWhenServerNamesMoreAuthorizationServersUsesTheFirst() {
		this.mcpServer.metadata((metadata) -> metadata.put("authorization_servers",
				List.of(this.authorizationServer.issuer(), "https://other.example.com")));
		token();
		assertThat(stored().issuer()).isEqualTo(this.authorizationServer.issuer());
	}

	@Test
	void statusBeforeTheFirstTokenNeedsNobody() {
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
		assertThat(status().explanation().reason()).isEqualTo("a token is asked for when it is needed first");
		assertThat(requests(CLIENT_CREDENTIALS)).isEmpty();
	}

	@Test
	@DisplayName("J3: a client that signs names the issuer as audience, and its key is read again when it changes")
	void tokenWhenClientSignsReadsItsKeyEachTime() throws GeneralSecurityException, IOException {
		KeyPair first = elliptic();
		Path file = Files.writeString(this.directory.resolve("key.pem"), pem(first));
		this.authorizationServer.signingClient("signer", first.getPublic());
		this.server = server((settings) -> settings.clientId("signer")
			.clientSecret(null)
			.signingKey(new SigningKey(null, file, null, "k1")));
		token();
		Request request = request(CLIENT_CREDENTIALS);
		assertThat(request.parameter("client_id")).as("some servers want it").isEqualTo("signer");
		assertThat(request.form()).doesNotContainKey("client_secret");
		assertThat(request.header("Authorization")).isNull();
		KeyPair second = elliptic();
		this.authorizationServer.signingClient("signer", second.getPublic());
		Files.writeString(file, pem(second));
		this.clock.advance(LIFETIME);
		token();
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(2);
	}

	@Test
	void tokenWhenKeyWasRefusedIsAskedForWithTheNextKeyAtOnce() throws GeneralSecurityException, IOException {
		KeyPair good = elliptic();
		Path file = Files.writeString(this.directory.resolve("key.pem"), pem(elliptic()));
		this.authorizationServer.signingClient("signer", good.getPublic());
		this.server = server((settings) -> settings.clientId("signer")
			.clientSecret(null)
			.signingKey(new SigningKey(null, file, null, null)));
		for (int i = 0; i < 2; i++) {
			StepVerifier.create(provider().token()).expectError(LoginRequiredException.class).verify(PATIENCE);
		}
		assertThat(requests(CLIENT_CREDENTIALS)).hasSize(1);
		Path next = Files.writeString(this.directory.resolve("next.pem"), pem(good));
		Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
		assertThat(this.authorizationServer.isActive(token().value().reveal())).isTrue();
	}

	@Test
	@DisplayName("L1, L3, L6: an assertion needs no client and is read again for each token")
	void tokenWhenAssertionIsInAFileReadsItEachTime() throws IOException {
		Path file = Files.writeString(this.directory.resolve("token"), "first\n");
		this.authorizationServer.acceptAssertion("first");
		this.server = workload(file);
		token();
		Request request = request(JWT_BEARER);
		assertThat(request.parameter("assertion")).isEqualTo("first");
		assertThat(request.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(request.form()).doesNotContainKeys("client_id", "client_assertion");
		Files.writeString(file, "second");
		this.authorizationServer.refuseAssertions().acceptAssertion("second");
		this.clock.advance(LIFETIME);
		token();
		assertThat(request(JWT_BEARER).parameter("assertion")).isEqualTo("second");
	}

	@Test
	@DisplayName("L5: a refused assertion is not sent again, and nothing else is tried")
	void tokenWhenAssertionIsRefusedTriesNothingElse() throws IOException {
		Path file = Files.writeString(this.directory.resolve("token"), "expired");
		this.server = workload(file);
		for (int i = 0; i < 3; i++) {
			StepVerifier.create(provider().token())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
					.hasMessageContaining("'invalid_grant'")
					.hasMessageContaining("'mcp.servers.github.oauth.assertion-file'")
					.hasMessageNotContaining("expired"))
				.verify(PATIENCE);
		}
		assertThat(this.authorizationServer.http().count(TestAuthorizationServer.TOKEN)).isEqualTo(1);
		this.authorizationServer.acceptAssertion("good");
		Files.writeString(file, "good");
		assertThat(this.authorizationServer.isActive(token().value().reveal())).isTrue();
	}

	@Test
	void tokenWhenAssertionFileIsMissingSaysWhichAndMayPass() throws IOException {
		Path file = this.directory.resolve("token");
		this.server = workload(file);
		StepVerifier.create(provider().token())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("The assertion in " + file + " cannot be read"))
			.verify(PATIENCE);
		Files.writeString(file, "good");
		this.authorizationServer.acceptAssertion("good");
		this.clock.advance(Duration.ofMinutes(1));
		assertThat(this.authorizationServer.isActive(token().value().reveal())).isTrue();
	}

	@Test
	@DisplayName("L2: a supplier of assertions is told which audiences there are")
	void tokenWhenAssertionIsSuppliedAsksForItsAudience() {
		this.authorizationServer.acceptAssertion("supplied");
		this.server = workload(null);
		token();
		assertThat(this.asked)
			.containsExactly(new AssertionSupplier.Request(this.server.key(), this.authorizationServer.issuer(),
					this.authorizationServer.tokenEndpoint(), this.mcpServer.url().toString()));
	}

	@Test
	@DisplayName("K1, K4: the identity provider's assertion is taken to the authorization server")
	void tokenWhenAnIdentityProviderDecidesGoesThroughBoth() throws IOException {
		try (TestAuthorizationServer identityProvider = TestAuthorizationServer.start(this.clock)
			.client("desk", "hush")
			.acceptSubjectToken("id-token")) {
			Path file = Files.writeString(this.directory.resolve("id-token"), "id-token");
			this.server = server((settings) -> settings.grantType(GrantType.JWT_BEARER)
				.identityProvider(new IdentityProvider(identityProvider.issuer(), null,
						new IdentityProvider.Client("desk", Secret.of("hush"), null, null), file, SubjectToken.ID_TOKEN,
						Set.of())));
			this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, (request) -> {
				this.authorizationServer.acceptAssertion(Objects.requireNonNull(request.parameter("assertion")));
				return Response.of(503, "text/plain", "not yet");
			});
			StepVerifier.create(provider().token()).expectError(TransientAuthorizationException.class).verify(PATIENCE);
			Request exchange = identityProvider.tokenRequests(TOKEN_EXCHANGE).get(0);
			assertThat(exchange.parameter("subject_token")).isEqualTo("id-token");
			assertThat(exchange.parameter("subject_token_type")).isEqualTo(SubjectToken.ID_TOKEN);
			assertThat(exchange.parameter("requested_token_type")).isEqualTo("urn:ietf:params:oauth:token-type:id-jag");
			assertThat(exchange.parameter("audience")).isEqualTo(this.authorizationServer.issuer());
			assertThat(exchange.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
			Request grant = request(JWT_BEARER);
			assertThat(grant.header("Authorization")).startsWith("Basic ");
			assertThat(grant.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
			assertThat(grant.form()).doesNotContainKeys("subject_token", "audience");
		}
	}

	@ParameterizedTest
	@CsvSource({ "urn:example:other,false", "urn:ietf:params:oauth:grant-profile:id-jag,true" })
	@DisplayName("K5: a user's token is not exchanged for an assertion that the authorization server does not list")
	void tokenWhenGrantProfilesAreListedGoesByThem(String profile, boolean exchanged) throws IOException {
		try (TestAuthorizationServer identityProvider = TestAuthorizationServer.start(this.clock)
			.client("desk", "hush")
			.acceptSubjectToken("id-token")) {
			Path file = Files.writeString(this.directory.resolve("id-token"), "id-token");
			this.server = server((settings) -> settings.grantType(GrantType.JWT_BEARER)
				.identityProvider(new IdentityProvider(identityProvider.issuer(), null,
						new IdentityProvider.Client("desk", Secret.of("hush"), null, null), file, SubjectToken.ID_TOKEN,
						Set.of())));
			this.authorizationServer
				.metadata((metadata) -> metadata.put("authorization_grant_profiles_supported", List.of(profile)));
			StepVerifier.create(provider().token())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
					.hasMessageContaining(exchanged ? "'invalid_grant'" : "'urn:example:other'"))
				.verify(PATIENCE);
			assertThat(identityProvider.tokenRequests(TOKEN_EXCHANGE)).hasSize(exchanged ? 1 : 0);
			assertThat(requests(JWT_BEARER)).hasSize(exchanged ? 1 : 0);
		}
	}

	@Test
	void tokenWhenTheIdentityProviderRefusesSaysWho() throws IOException {
		try (TestAuthorizationServer identityProvider = TestAuthorizationServer.start(this.clock)
			.client("desk", "hush")) {
			Path file = Files.writeString(this.directory.resolve("id-token"), "stale");
			this.server = server((settings) -> settings.grantType(GrantType.JWT_BEARER)
				.identityProvider(new IdentityProvider(null, identityProvider.tokenEndpoint(),
						new IdentityProvider.Client("desk", Secret.of("hush"), null, null), file, SubjectToken.ID_TOKEN,
						Set.of())));
			StepVerifier.create(provider().token())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
					.hasMessageContaining(identityProvider.tokenEndpoint().toString())
					.hasMessageContaining("'mcp.servers.github.oauth.identity-provider'"))
				.verify(PATIENCE);
			assertThat(requests(JWT_BEARER)).isEmpty();
		}
	}

	@Test
	void tokenOnBehalfOfAUserIsExchangedForTheirs() {
		this.authorizationServer.acceptSubjectToken("users-token");
		this.server = onBehalf();
		StepVerifier.create(provider().token())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageContaining("The SubjectTokenSupplier has no token for it"))
			.verify(PATIENCE);
		this.subject.set(Mono.just(SubjectToken.accessToken(Secret.of("users-token"))));
		this.clock.advance(Duration.ofMinutes(1));
		token();
		Request request = request(TOKEN_EXCHANGE);
		assertThat(request.parameter("subject_token")).isEqualTo("users-token");
		assertThat(request.parameter("subject_token_type")).isEqualTo(SubjectToken.ACCESS_TOKEN);
		assertThat(request.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(request.parameter("audience")).isEqualTo("mcp");
		assertThat(request.form()).doesNotContainKey("requested_token_type");
	}

	@Test
	@DisplayName("RFC 8693: a supplier sees the context of a request that is the principal's, and of no other")
	void tokenOnBehalfOfAPrincipalIsNotExchangedForTheCallers() {
		List.of("alice", "bob").forEach(this.authorizationServer::acceptSubjectToken);
		this.server = onBehalf();
		this.subject.set(Mono.deferContextual((context) -> Mono.justOrEmpty(context.<String>getOrEmpty(USER))
			.map((user) -> SubjectToken.accessToken(Secret.of(user)))));
		GrantKey bob = this.server.key("bob");
		Mono<AccessToken> bobs = this.providers.provider(this.server, bob).token();
		for (Mono<AccessToken> call : List.of(bobs, bobs.contextWrite((context) -> context.put(USER, "alice")))) {
			StepVerifier.create(call)
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(LoginRequiredException.class)
					.hasMessageContaining("the SubjectTokenSupplier has no token for it"))
				.verify(PATIENCE);
		}
		assertThat(requests(TOKEN_EXCHANGE)).as("nobody's token was sent for another's grant").isEmpty();
		bobs.contextWrite((context) -> context.put(USER, "bob")).block(PATIENCE);
		assertThat(request(TOKEN_EXCHANGE).parameter("subject_token")).isEqualTo("bob");
		StepVerifier.create(provider().token().contextWrite((context) -> context.put(USER, "alice")))
			.expectError(TransientAuthorizationException.class)
			.verify(PATIENCE);
		assertThat(requests(TOKEN_EXCHANGE)).as("the application's own is no caller's").hasSize(1);
	}

	@Test
	@DisplayName("Law 6: a supplier of users' tokens that fails is asked again after a pause, and its words are not told")
	void tokenWhenTheSubjectTokenSupplierFailsMayPass() {
		AtomicInteger calls = new AtomicInteger();
		this.authorizationServer.acceptSubjectToken("users-token");
		this.server = onBehalf();
		this.subject.set(Mono.defer(() -> {
			calls.incrementAndGet();
			return Mono.error(new IllegalStateException("users-token"));
		}));
		for (int i = 0; i < 3; i++) {
			failsJustNow("The SubjectTokenSupplier failed with IllegalStateException");
		}
		assertThat(calls).hasValue(1);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		assertThat(status().explanation().reason())
			.isEqualTo("The SubjectTokenSupplier failed with IllegalStateException");
		assertThat(status().explanation().nextTry()).isNotNull();
		this.subject.set(Mono.just(SubjectToken.accessToken(Secret.of("users-token"))));
		this.clock.advance(Duration.ofMinutes(1));
		token();
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	@ParameterizedTest
	@MethodSource("failuresOfAssertions")
	@DisplayName("Laws 6 and 23: an expired token whose assertion cannot be had is told by the status, and asked for after a pause")
	void tokenWhenTheAssertionSupplierFailsMayPass(String reason, Supplier<Mono<Secret>> failure) {
		this.authorizationServer.acceptAssertion("supplied");
		this.server = workload(null);
		AccessToken first = token();
		Supplier<Mono<Secret>> working = Objects.requireNonNull(this.assertion.getAndSet(failure));
		this.clock.advance(LIFETIME.minusSeconds(1));
		assertThat(token()).as("in the background").isEqualTo(first);
		provider().ended().block(PATIENCE);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		assertThat(token()).isEqualTo(first);
		assertThat(this.asked).hasSize(2);
		this.clock.advance(Duration.ofMinutes(1));
		for (int i = 0; i < 3; i++) {
			failsJustNow(reason);
		}
		assertThat(recover(first).outcome()).isEqualTo(Outcome.TRANSIENT);
		assertThat(this.asked).hasSize(3);
		assertThat(status().state()).isEqualTo(State.REFRESH_FAILING);
		assertThat(status().explanation().reason()).isEqualTo(reason);
		this.assertion.set(working);
		this.clock.advance(Duration.ofMinutes(1));
		assertThat(token()).isNotEqualTo(first);
		assertThat(status().state()).isEqualTo(State.AUTHORIZED);
	}

	static Stream<Arguments> failuresOfAssertions() {
		Supplier<Mono<Secret>> none = Mono::empty;
		Supplier<Mono<Secret>> late = () -> Mono.error(new IllegalStateException("supplied"));
		Supplier<Mono<Secret>> thrown = () -> {
			throw new NoClassDefFoundError("supplied");
		};
		return Stream.of(Arguments.of("The AssertionSupplier has no assertion", none),
				Arguments.of("The AssertionSupplier failed with IllegalStateException", late),
				Arguments.of("The AssertionSupplier failed with NoClassDefFoundError", thrown));
	}

	@Test
	void tokenWhenBothSidesSpeakDPoPIsBoundAndTheNextOneToTheSameKey() {
		ProofVerifier proofs = this.authorizationServer.dpop("ES256").nonce("n1");
		this.mcpServer.dpop(this.clock);
		AccessToken first = token();
		Secret key = Objects.requireNonNull(stored().dpopKey());
		assertThat(first.isBound()).isTrue();
		this.clock.advance(LIFETIME);
		assertThat(token()).isNotEqualTo(first);
		assertThat(stored().dpopKey()).isEqualTo(key);
		assertThat(proofs.accepted()).hasSize(2);
		assertThat(requests(CLIENT_CREDENTIALS)).as("the nonce is asked for once").hasSize(3);
	}

	@Test
	void tokenWhenTheSettingsChangeIsBoundOrNotAsTheySay() {
		this.authorizationServer.dpop("ES256");
		assertThat(token().isBound()).isFalse();
		this.server = server((settings) -> settings.dpop(DPoP.ALWAYS));
		this.clock.advance(LIFETIME);
		assertThat(token().isBound()).isTrue();
		this.server = server((settings) -> settings.dpop(DPoP.NEVER));
		this.clock.advance(LIFETIME);
		assertThat(token().isBound()).isFalse();
		assertThat(stored().dpopKey()).isNull();
	}

	@Test
	void tokenWhenTheAnswerHoldsSomethingElseThanAnAccessTokenIsNotStored() {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.TOKEN,
					Answer.json(200, Map.of("access_token", "an assertion", "token_type", "n_a")));
		failsJustNow("The authorization server '%s' issued something else than an access token"
			.formatted(this.authorizationServer.issuer()));
		assertThat(this.store.get(this.server.key())).isNull();
	}

	@Test
	void tokenWhenTheSettingsChangeIsAskedForAsTheySay() {
		this.authorizationServer.client("other", "sesame");
		Set<AccessToken> tokens = new HashSet<>(Set.of(token()));
		List<UnaryOperator<OAuthSettings.Builder>> changes = List.of(
				(settings) -> settings.resource("https://api.example.com/mcp"),
				(settings) -> settings.scopes(Set.of("mcp:read")), (settings) -> settings.sendResource(false),
				(settings) -> settings.clientId("other"), (settings) -> settings);
		for (UnaryOperator<OAuthSettings.Builder> change : changes) {
			this.server = server(change);
			this.providers = providers();
			this.clock.advance(LIFETIME);
			AccessToken token = token();
			assertThat(tokens.add(token)).isTrue();
			Request sent = request(CLIENT_CREDENTIALS);
			OAuthSettings oauth = this.server.oauth();
			assertThat(sent.parameter("resource")).isEqualTo(!oauth.sendResource() ? null
					: (oauth.resource() != null) ? oauth.resource() : this.mcpServer.url().toString());
			assertThat(sent.parameter("scope")).isEqualTo(oauth.scopes().isEmpty() ? null : "mcp:read");
			assertThat(stored().clientId()).isEqualTo(oauth.clientId());
		}
	}

	private McpServer onBehalf() {
		return server((settings) -> settings.grantType(GrantType.TOKEN_EXCHANGE)
			.authorizationServer(this.authorizationServer.issuer())
			.tokenParameters(Map.of("audience", "mcp")));
	}

	private McpServer workload(@Nullable Path file) {
		return server((settings) -> settings.clientId(null)
			.clientSecret(null)
			.grantType(GrantType.JWT_BEARER)
			.assertionFile(file));
	}

	private McpServer server(UnaryOperator<OAuthSettings.Builder> change) {
		URI url = this.mcpServer.url();
		return new McpServer("github", url,
				change
					.apply(OAuthSettings.builder()
						.grantType(GrantType.CLIENT_CREDENTIALS)
						.clientId("agent")
						.clientSecret(Secret.of("sesame")))
					.build());
	}

	private GrantProviderRegistry providers() {
		ProtocolSettings protocol = ProtocolSettings.defaults();
		AuthorizationWebClients clients = (server) -> WebClient.create();
		Discovery discovery = new Discovery(clients, protocol, this.clock, this.store, McpOAuthListener.none());
		AssertionSupplier assertions = (request) -> {
			this.asked.add(request);
			return Objects.requireNonNull(this.assertion.get()).get();
		};
		SubjectTokenSupplier subjects = (key) -> Objects.requireNonNull(this.subject.get());
		RefreshSettings settings = RefreshSettings.defaults();
		RefreshSettings eager = new RefreshSettings(settings.window(), Duration.ZERO, PATIENCE, settings.lockTimeout(),
				settings.storeTimeout(), settings.pauses());
		RefreshContext context = new RefreshContext(this.store, eager, PrincipalResolver.fromContext(USER),
				McpOAuthListener.none(), this.threads, this.clock.time());
		RenewalEndpoints endpoints = new RenewalEndpoints(new TokenEndpoint(clients, protocol, this.clock), discovery,
				new ServerProbe(clients, PATIENCE));
		return new GrantProviderRegistry(context,
				new GrantRenewalFactory(endpoints, new CredentialSuppliers(assertions, subjects), context),
				PrincipalCacheSettings.defaults());
	}

	private GrantProvider provider() {
		return this.providers.provider(this.server, this.server.key());
	}

	private AccessToken token() {
		return Objects.requireNonNull(provider().token().block(PATIENCE));
	}

	private void failsJustNow(String reason) {
		StepVerifier.create(provider().token())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TransientAuthorizationException.class)
				.hasMessageStartingWith("MCP server 'github' cannot be given a token just now: " + reason)
				.hasMessageNotContaining("users-token")
				.hasMessageNotContaining("supplied"))
			.verify(PATIENCE);
	}

	private ServerStatus status() {
		return Objects.requireNonNull(provider().status().block(PATIENCE));
	}

	private Grant stored() {
		return Objects.requireNonNull(this.store.get(this.server.key()));
	}

	private List<Request> requests(String grantType) {
		return this.authorizationServer.tokenRequests(grantType);
	}

	private Request request(String grantType) {
		List<Request> requests = requests(grantType);
		return requests.get(requests.size() - 1);
	}

	private Recovery recover(AccessToken sent) {
		return Objects.requireNonNull(
				provider().recover(Rejection.of(sent, List.of("Bearer error=\"invalid_token\""))).block(PATIENCE));
	}

	private Recovery forbidden(AccessToken sent, String scope) {
		Rejection rejection = new Rejection(sent,
				List.of("Bearer error=\"insufficient_scope\", scope=\"%s\"".formatted(scope)), false, true, false);
		return Objects.requireNonNull(provider().recover(rejection).block(PATIENCE));
	}

	private static KeyPair elliptic() throws GeneralSecurityException {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
		generator.initialize(new ECGenParameterSpec("secp256r1"));
		return generator.generateKeyPair();
	}

	private static String pem(KeyPair pair) {
		return "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
			.formatted(Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded()));
	}

}
