// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.FreePorts;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link LoginService} over real HTTP.
 */
class LoginServiceTests extends LoginTestBase {

	@Test
	void loginWhenNothingIsKnownDiscoversRegistersAndStoresAGrant() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("mcp:read", "mcp:write")));
		LoginRun login = begin(server());
		assertThat(login.serverName()).isEqualTo("test");
		assertThat(login.id()).hasSize(8);
		assertThat(login.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(300));
		assertThat(this.service.current(KEY)).isSameAs(login);
		HttpResponse<String> page = consent(login);
		assertThat(end(login)).isEqualTo(grant());
		assertThat(this.service.current(KEY)).isNull();
		assertThat(page.statusCode()).isEqualTo(200);
		Grant grant = grant();
		assertThat(this.authorizationServer.isActive(grant.accessToken().reveal())).isTrue();
		assertThat(this.authorizationServer.isRefreshable(Objects.requireNonNull(grant.refreshToken()).reveal()))
			.isTrue();
		assertThat(grant.issuedAt()).isEqualTo(this.clock.instant());
		assertThat(grant.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(3600));
		assertThat(grant.scope()).containsExactly("mcp:read", "mcp:write");
		assertThat(grant.issuer()).isEqualTo(this.authorizationServer.issuer());
		assertThat(grant.tokenEndpoint()).isEqualTo(this.authorizationServer.tokenEndpoint());
		assertThat(grant.clientId()).isEqualTo(client().clientId());
		assertThat(grant.resource()).isEqualTo(this.mcpServer.url().toString());
		assertThat(client().origin()).isEqualTo(OAuthClient.Origin.REGISTERED);
		assertThat(client().issuer()).isEqualTo(this.authorizationServer.issuer());
		assertThat(this.store.isLocked(KEY)).isFalse();
		assertFree(callback(login).getPort());
	}

	@Test
	void loginWhenAuthorizingSendsWhatTheSpecificationWants() {
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("one"))
			.clientName("My agent")
			.authorizeParameters(Map.of("prompt", "consent"))));
		consent(login);
		end(login);
		Request registration = this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(0);
		assertThat(registration.json()).containsEntry("client_name", "My agent")
			.containsEntry("application_type", "native")
			.containsEntry("redirect_uris", List.of(callback(login).toString()))
			.hasEntrySatisfying("grant_types", (types) -> assertThat(types).asInstanceOf(InstanceOfAssertFactories.LIST)
				.contains("authorization_code", "refresh_token"));
		Request authorization = this.authorizationServer.http().requests(TestAuthorizationServer.AUTHORIZE).get(0);
		Request exchange = this.authorizationServer.tokenRequests("authorization_code").get(0);
		assertThat(authorization.parameter("code_challenge_method")).isEqualTo("S256");
		assertThat(authorization.parameter("scope")).isEqualTo("one");
		assertThat(authorization.parameter("prompt")).isEqualTo("consent");
		assertThat(authorization.parameter("state")).hasSizeGreaterThan(20);
		assertThat(authorization.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(exchange.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(exchange.parameter("redirect_uri")).isEqualTo(callback(login).toString());
		assertThat(exchange.parameter("code_verifier")).hasSizeGreaterThan(42);
	}

	@Test
	void loginWhenTheMetadataNamesAnotherResourceSendsItByteForByte() {
		String resource = this.mcpServer.http().url().toString();
		this.mcpServer.metadata((metadata) -> metadata.put("resource", resource));
		// A parent is accepted from its own document only (S12)
		this.mcpServer.http()
			.handle("/.well-known/oauth-protected-resource", Answer.json(200,
					Map.of("resource", resource, "authorization_servers", List.of(this.authorizationServer.issuer()))));
		assertThat(logIn(server()).resource()).isEqualTo(resource);
		assertThat(this.authorizationServer.tokenRequests("authorization_code").get(0).parameter("resource"))
			.isEqualTo(resource);
	}

	@Test
	void loginWhenTheServerNamesItsMetadataDoesNotLookElsewhere() {
		this.mcpServer.challenge("Bearer resource_metadata=\"" + this.mcpServer.http().url("/custom/prm") + "\"");
		this.mcpServer.http()
			.handle("/custom/prm", Answer.json(200, Map.of("resource", this.mcpServer.url().toString(),
					"authorization_servers", List.of(this.authorizationServer.issuer()))));
		logIn(server());
		assertThat(this.mcpServer.http().requests()).extracting(Request::path)
			.containsExactly(TestMcpServer.MCP, "/custom/prm");
	}

	@Test
	void loginWhenTheChallengeIsKnownDoesNotAskForIt() {
		LoginRun login = Objects.requireNonNull(this.service
			.login(server(), server().key(),
					List.of("Bearer scope=\"from-challenge\", resource_metadata=\""
							+ this.mcpServer.http().url(TestMcpServer.METADATA) + "\""),
					LoginRequest.withoutBrowser())
			.block(PATIENCE));
		assertThat(this.mcpServer.http().count(TestMcpServer.MCP)).isZero();
		assertThat(parameter(login, "scope")).isEqualTo("from-challenge");
	}

	@Test
	void loginWhenABrowserIsWantedOpensTheUrl() {
		LoginRun login = begin(server(), LoginRequest.interactive());
		consent(login);
		end(login);
		LoginRun second = begin(server());
		second.cancel();
		endFailing(second);
		assertThat(this.opened).containsExactly(login.authorizationUrl());
	}

	// Law 13 and its rows

	@Test
	@DisplayName("Law 13 F22 the old grant stays until the new one is stored")
	void loginWhenInFlightLeavesTheOldGrantAlone() {
		Grant before = oldGrant();
		LoginRun login = begin(server());
		assertThat(grant()).isEqualTo(before);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<HttpResponse<String>> page = consenting(login);
		hold.await(1);
		assertThat(grant()).isEqualTo(before);
		hold.release();
		assertThat(page.join().statusCode()).isEqualTo(200);
		end(login);
		assertThat(grant().hasTokensOf(before)).isFalse();
		assertThat(grant().generation()).isGreaterThan(before.generation());
	}

	@ParameterizedTest
	@CsvSource({ "invalid_grant,400,'invalid_grant'", "invalid_client,401,'invalid_client'", "server_error,500,500",
			"invalid_scope,400,'invalid_scope'" })
	@DisplayName("Law 13 F22 a login that fails at the token endpoint changes nothing")
	void loginWhenTheExchangeFailsChangesNothing(String error, int status, String part) {
		Grant before = oldGrant();
		OAuthClient client = oldClient();
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, Answer.error(status, error));
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("more"))));
		HttpResponse<String> page = consent(login);
		assertThat(endFailing(login)).hasMessageContaining(part);
		assertThat(page.statusCode()).isEqualTo(400);
		assertThat(page.body()).contains(part).contains("Not logged in");
		assertThat(grant()).isEqualTo(before);
		assertThat(client()).isEqualTo(client);
		assertThat(this.service.current(KEY)).isNull();
		assertFree(callback(login).getPort());
	}

	@Test
	@DisplayName("Law 13 F22 a login that is denied changes nothing")
	void loginWhenDeniedChangesNothing() {
		Grant before = oldGrant();
		OAuthClient client = oldClient();
		this.authorizationServer.deny("access_denied");
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("more"))));
		consent(login);
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.DENIED);
		assertThat(grant()).isEqualTo(before);
		assertThat(client()).isEqualTo(client);
	}

	@Test
	@DisplayName("Law 13 a cancelled login changes nothing")
	void loginWhenCancelledChangesNothing() {
		Grant before = oldGrant();
		OAuthClient client = oldClient();
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("more"))));
		login.cancel();
		login.cancel();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(grant()).isEqualTo(before);
		assertThat(client()).isEqualTo(client);
		assertThat(this.service.current(KEY)).isNull();
		assertFree(callback(login).getPort());
	}

	@Test
	@DisplayName("Law 13 a login that is cancelled while its code is exchanged changes nothing")
	void loginWhenCancelledDuringTheExchangeChangesNothing() {
		Grant before = oldGrant();
		LoginRun login = begin(server());
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<HttpResponse<String>> page = consenting(login);
		hold.await(1);
		login.cancel();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(page.join().body()).contains("it was cancelled");
		hold.release();
		assertThat(grant()).isEqualTo(before);
		assertThat(this.store.saves()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 13 a login that is cancelled while it waits for the lock changes nothing")
	void loginWhenCancelledBeforeStoringChangesNothing() {
		Grant before = oldGrant();
		LoginRun login = begin(server());
		Sinks.Empty<Void> refresh = Sinks.empty();
		this.store.locked(KEY, PATIENCE, refresh.asMono()).subscribe();
		CompletableFuture<HttpResponse<String>> page = consenting(login);
		assertThat(this.store.awaitWaiters(KEY, 1)).isTrue();
		login.cancel();
		page.join();
		refresh.tryEmitEmpty();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(grant()).isEqualTo(before);
		assertThat(this.store.saves()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 13 a login that is cancelled while it stores its grant is not half done")
	void loginWhenCancelledWhileStoringEndsWell() {
		LoginRun login = begin(server());
		this.store.duringSave(login::cancel);
		assertThat(consent(login).statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
		assertThat(this.store.get(KEY)).isNotNull();
	}

	@Test
	@DisplayName("Law 13 a login whose grant cannot be stored fails and changes nothing")
	void loginWhenTheStoreFailsChangesNothing() {
		Grant before = oldGrant();
		OAuthClient client = oldClient();
		TokenStoreException failure = new TokenStoreException("test", "The disk is full", null);
		this.store.failSaves(KEY, failure);
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("more"))));
		assertThat(consent(login).statusCode()).isEqualTo(400);
		assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> end(login)).isEqualTo(failure);
		assertThat(grant()).isEqualTo(before);
		assertThat(client()).isEqualTo(client);
	}

	@Test
	@DisplayName("A login without an answer ends, and changes nothing")
	void loginWhenNobodyAnswersTimesOut() {
		Grant before = oldGrant();
		LoginRun login = begin(server((settings) -> settings.callbackTimeout(Duration.ofMillis(1))));
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(Reason.TIMED_OUT);
		assertThat(failure).hasMessageContaining("no answer came").hasMessageContaining("mcp login test --new-client");
		assertThat(grant()).isEqualTo(before);
		assertThat(this.service.current(KEY)).isNull();
		assertFree(callback(login).getPort());
		logIn(server());
	}

	@Test
	@DisplayName("F39 a login succeeds only when a token was stored")
	void loginWhenTheAnswerHoldsNoTokenFails() {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.TOKEN, Answer.json(200, Map.of("token_type", "Bearer", "expires_in", 3600)));
		LoginRun login = begin(server());
		consent(login);
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.UNAVAILABLE);
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	@DisplayName("F39 a server that lets any client initialize is logged in to all the same")
	void loginWhenInitializeIsAnonymousLogsInAndEndsTheSession() {
		this.mcpServer.anonymousInitialize(true);
		logIn(server());
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP)).extracting(Request::method)
			.containsExactly("POST", "DELETE");
		assertThat(this.mcpServer.http().requests(TestMcpServer.MCP).get(1).header("Mcp-Session-Id"))
			.isEqualTo("session-1");
	}

	@Test
	void loginWhenTheRecordIsCorruptReplacesIt() {
		this.store.corrupt(KEY);
		assertThat(logIn(server()).generation()).isEqualTo(this.clock.millis());
	}

	@Test
	@DisplayName("A store that cannot be written does not ask a user to log in")
	void loginWhenTheStoreCannotBeLockedFailsBeforeAnythingIsAsked() {
		TokenStoreException failure = new TokenStoreException("test", "The directory is read-only", null);
		this.store.failLocks(KEY, failure);
		assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> begin(server())).isEqualTo(failure);
		assertThat(this.mcpServer.http().requests()).isEmpty();
		this.store.failLocks(KEY, null);
		logIn(server());
	}

	@Test
	void loginWhenARefreshHoldsTheLockBeginsAllTheSame() {
		logIn(server());
		Sinks.Empty<Void> refresh = Sinks.empty();
		this.store.locked(KEY, PATIENCE, refresh.asMono()).subscribe();
		LoginRun login = begin(server());
		refresh.tryEmitEmpty();
		consent(login);
		end(login);
	}

	@Test
	@DisplayName("Law 14 the generation of a new record is one that no earlier writer has seen")
	void loginWhenNothingIsStoredCountsGenerationsFromNow() {
		assertThat(logIn(server()).generation()).isEqualTo(this.clock.millis());
		assertThat(logIn(server()).generation()).isEqualTo(this.clock.millis() + 1);
	}

	@Test
	void loginWhenAnotherWriterDoesNotLockStoresOverIt() {
		LoginRun login = begin(server());
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<HttpResponse<String>> page = consenting(login);
		hold.await(1);
		Grant outside = Grant.with(Secret.of("outside")).build();
		this.store.put(KEY, outside);
		hold.release();
		assertThat(page.join().statusCode()).isEqualTo(200);
		end(login);
		assertThat(grant().hasTokensOf(outside)).isFalse();
	}

	// Clients

	@Test
	@DisplayName("F15 F20 a registered client is used again, on its port")
	void loginWhenAClientFitsUsesItAgain() {
		logIn(server());
		LoginRun second = begin(server());
		consent(second);
		end(second);
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
		assertThat(client().redirectUris()).containsExactly(callback(second).toString());
		assertThat(grant().clientId()).isEqualTo(client().clientId());
		this.service = service();
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	@DisplayName("F15 a registered client is used again also when its login came to nothing")
	void loginWhenTheFirstWasCancelledUsesItsClient() {
		LoginRun login = begin(server());
		login.cancel();
		endFailing(login);
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	@DisplayName("F15 a client that waits for the end of its login is used by the next one")
	void loginWhenTheNewClientWasNotNeededYetUsesItNextTime() {
		oldGrant();
		String first = client().clientId();
		McpServer more = server((settings) -> settings.scopes(Set.of("more")));
		LoginRun login = begin(more);
		login.cancel();
		endFailing(login);
		assertThat(client().clientId()).isEqualTo(first);
		assertThat(logIn(more).clientId()).isEqualTo(client().clientId()).isNotEqualTo(first);
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("F15 a client without the scopes registers again")
	void loginWhenTheScopesDoNotFitRegistersAgain() {
		logIn(server((settings) -> settings.scopes(Set.of("one"))));
		String first = client().clientId();
		logIn(server((settings) -> settings.scopes(Set.of("one", "two"))));
		assertThat(client().clientId()).isNotEqualTo(first);
		logIn(server((settings) -> settings.scopes(Set.of("two"))));
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("F15 a server that registers fewer scopes than asked for is not asked every time")
	void loginWhenTheServerRegistersFewerScopesUsesTheClientAgain() {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REGISTER, Answer.usually((response) -> new Response(response.status(),
					response.headers(), response.body().replace("one two", "one"), Response.Kind.COMPLETE)));
		McpServer server = server((settings) -> settings.scopes(new TreeSet<>(Set.of("one", "two"))));
		logIn(server);
		assertThat(client().scope()).containsExactly("one");
		logIn(server);
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	@DisplayName("F15 a client with another redirect URI registers again")
	void loginWhenTheRedirectUriDoesNotFitRegistersAgain() {
		logIn(server());
		LoginRun login = begin(server((settings) -> settings.redirectHost("localhost")));
		assertThat(callback(login).getHost()).isEqualTo("localhost");
		consent(login);
		end(login);
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("A client of one authorization server is not used at another")
	void loginWhenTheIssuerChangesRegistersThere() {
		logIn(server());
		String first = client().clientId();
		try (TestAuthorizationServer other = TestAuthorizationServer.start(this.clock)) {
			this.mcpServer.metadata((metadata) -> metadata.put("authorization_servers", List.of(other.issuer())));
			Grant grant = logIn(server());
			assertThat(grant.issuer()).isEqualTo(other.issuer());
			assertThat(other.clientIds()).containsExactly(grant.clientId());
			assertThat(other.http().requests()).extracting(Request::toString).noneMatch((text) -> text.contains(first));
		}
	}

	@Test
	@DisplayName("F13 a client whose secret has expired registers again")
	void loginWhenTheSecretHasExpiredRegistersAgain() {
		this.authorizationServer.clientSecretLifetime(Duration.ofDays(1))
			.metadata((metadata) -> metadata.put("token_endpoint_auth_methods_supported",
					List.of("client_secret_basic")));
		logIn(server());
		assertThat(client().clientSecret()).isNotNull();
		this.clock.advance(Duration.ofHours(23));
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
		this.clock.advance(Duration.ofHours(1));
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("F13 a client that the server does not know any more registers again at the next login")
	void loginWhenTheClientIsGoneRegistersAgainNextTime() {
		logIn(server());
		this.store.delete(KEY).block(PATIENCE);
		String first = client().clientId();
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		this.authorizationServer.removeClient(first);
		get(redirect).join();
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(Reason.PROTOCOL);
		assertThat(failure).hasMessageContaining("the next login registers a new one");
		assertThat(this.store.getClient(KEY)).isNull();
		assertThat(logIn(server()).clientId()).isNotEqualTo(first);
	}

	@Test
	@DisplayName("F14 one invalid_client does not take the client away from a grant that needs it")
	void loginWhenTheClientIsRejectedOnceKeepsItForItsGrant() {
		Grant before = oldGrant();
		String first = client().clientId();
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, Answer.error(401, "invalid_client"));
		LoginRun login = begin(server());
		consent(login);
		endFailing(login);
		assertThat(grant()).isEqualTo(before);
		assertThat(client().clientId()).isEqualTo(first);
		assertThat(client().clientSecret()).isNull();
		LoginRun next = begin(server());
		assertThat(parameter(next, "client_id")).isNotEqualTo(first);
		assertThat(client().clientId()).isEqualTo(first);
		consent(next);
		end(next);
		assertThat(client().clientId()).isEqualTo(grant().clientId()).isNotEqualTo(first);
	}

	@Test
	@DisplayName("F14 a client of the settings is never dropped")
	void loginWhenAConfiguredClientIsRejectedNamesItsProperties() {
		this.authorizationServer.client("mine", "right");
		LoginRun login = begin(server((settings) -> settings.clientId("mine").clientSecret(Secret.of("wrong"))));
		consent(login);
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.client-secret'")
			.hasMessageNotContaining("wrong\"");
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "client_secret_basic", "client_secret_post" })
	void loginWhenAClientIsConfiguredUsesIt(String method) {
		this.authorizationServer.client("mine", "s3cr:et+%")
			.metadata((metadata) -> metadata.remove("registration_endpoint"));
		Grant grant = logIn(server((settings) -> settings.clientId("mine")
			.clientSecret(Secret.of("s3cr:et+%"))
			.tokenEndpointAuthMethod(method)));
		assertThat(grant.clientId()).isEqualTo("mine");
		assertThat(this.store.getClient(KEY)).isNull();
	}

	@Test
	@DisplayName("A client of the settings is not used silently at another authorization server than before")
	void loginWhenTheIssuerOfAConfiguredClientChangesFails() {
		this.authorizationServer.client("mine", null);
		McpServer server = server((settings) -> settings.clientId("mine"));
		Grant before = logIn(server);
		try (TestAuthorizationServer other = TestAuthorizationServer.start(this.clock)) {
			other.client("mine", null);
			this.mcpServer.metadata((metadata) -> metadata.put("authorization_servers", List.of(other.issuer())));
			LoginException failure = beginFailing(server);
			assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
			assertThat(failure).hasMessageContaining(other.issuer())
				.hasMessageContaining(this.authorizationServer.issuer())
				.hasMessageContaining("'mcp.servers.test.oauth.client-id'");
			assertThat(grant()).isEqualTo(before);
			Grant grant = logIn(server((settings) -> settings.clientId("mine").authorizationServer(other.issuer())));
			assertThat(grant.issuer()).isEqualTo(other.issuer());
		}
	}

	@Test
	void loginWhenAMetadataDocumentIsConfiguredAndSupportedUsesIt() {
		URI document = URI.create("https://agent.example/client.json");
		this.authorizationServer.acceptMetadataDocument(document);
		Grant grant = logIn(server((settings) -> settings.clientMetadataUrl(document)));
		assertThat(grant.clientId()).isEqualTo(document.toString());
		assertThat(this.authorizationServer.registrations()).isZero();
		assertThat(this.store.getClient(KEY)).isNull();
	}

	@Test
	void loginWhenAMetadataDocumentIsNotSupportedRegisters() {
		logIn(server((settings) -> settings.clientMetadataUrl(URI.create("https://agent.example/client.json"))));
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://agent.example/client.json", "https://agent.example", "https://agent.example/",
			"https://agent.example/client.json#x" })
	void loginWhenAMetadataDocumentHasAnImpossibleAddressFails(String url) {
		this.authorizationServer.acceptMetadataDocument(URI.create(url));
		assertThat(beginFailing(server((settings) -> settings.clientMetadataUrl(URI.create(url)))))
			.hasMessageContaining("'mcp.servers.test.oauth.client-metadata-url'");
	}

	@Test
	void loginWhenTheServerRegistersNobodyNamesTheProperty() {
		this.authorizationServer.metadata((metadata) -> metadata.remove("registration_endpoint"));
		LoginException failure = beginFailing(server());
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.client-id'")
			.hasMessageContaining(this.authorizationServer.issuer())
			.hasMessageContaining("/callback");
	}

	@ParameterizedTest
	@DisplayName("An authorization server that does not serve the login is no reason not to use the next")
	@ValueSource(strings = { "registers-none", "refuses", "is-down", "no-pkce", "no-redirect" })
	void loginWhenTheFirstAuthorizationServerDoesNotServeUsesTheNext(String defect) {
		spoil(this.authorizationServer, defect);
		try (TestAuthorizationServer next = TestAuthorizationServer.start(this.clock)) {
			nameBoth(next);
			Grant grant = logIn(server());
			assertThat(grant.issuer()).isEqualTo(next.issuer());
			assertThat(next.registrations()).isOne();
			assertThat(this.authorizationServer.clientIds()).isEmpty();
		}
	}

	@Test
	void loginWhenNoAuthorizationServerServesTellsTheAnswerOfEach() {
		spoil(this.authorizationServer, "refuses");
		try (TestAuthorizationServer next = TestAuthorizationServer.start(this.clock)) {
			spoil(next, "registers-none");
			nameBoth(next);
			LoginException failure = beginFailing(server());
			assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
			assertThat(failure)
				.hasMessageContainingAll(this.authorizationServer.issuer(), "'not for strangers'",
						"The authorization server '%s' registers no clients".formatted(next.issuer()))
				.hasMessageEndingWith("and set 'mcp.servers.test.oauth.client-id'");
			next.metadata((metadata) -> metadata.put("issuer", "https://attacker.example"));
			failure = beginFailing(server());
			assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
			assertThat(failure).hasMessageContainingAll("'not for strangers'", "names the issuer")
				.hasMessageEndingWith("and set 'mcp.servers.test.oauth.client-id'");
			next.http().handle(TestAuthorizationServer.METADATA, Answer.status(503));
			failure = beginFailing(server());
			assertThat(failure.getReason()).isEqualTo(Reason.UNAVAILABLE);
			assertThat(failure).hasMessageContainingAll("'not for strangers'", "503");
		}
	}

	@Test
	@DisplayName("After a login at one authorization server, a refusal there does not lead to another")
	void loginWhenTheKnownAuthorizationServerRefusesDoesNotUseAnother() {
		try (TestAuthorizationServer next = TestAuthorizationServer.start(this.clock)) {
			nameBoth(next);
			logIn(server());
			spoil(this.authorizationServer, "refuses");
			LoginException failure = catchThrowableOfType(LoginException.class,
					() -> begin(server(), new LoginRequest(false, null, false, true, null)));
			assertThat(failure).hasMessageContaining("'not for strangers'");
			assertThat(next.http().requests()).isEmpty();
		}
	}

	@Test
	@DisplayName("The document, and then a registration, is tried at the next authorization server, too")
	void loginWhenTheNextAuthorizationServerTakesTheDocumentUsesIt() {
		URI document = URI.create("https://agent.example.com/client.json");
		spoil(this.authorizationServer, "refuses");
		try (TestAuthorizationServer next = TestAuthorizationServer.start(this.clock)) {
			nameBoth(next);
			next.acceptMetadataDocument(document);
			assertThat(logIn(server((settings) -> settings.clientMetadataUrl(document))).clientId())
				.isEqualTo(document.toString());
			assertThat(next.registrations()).isZero();
		}
	}

	@Test
	@DisplayName("Where the document is refused before the user is asked, the client registers")
	void loginWhenTheDocumentIsRefusedRegisters() {
		URI document = URI.create("https://agent.example.com/client.json");
		this.authorizationServer.acceptMetadataDocument(document).requirePushedRequests();
		this.authorizationServer.http().next(TestAuthorizationServer.PAR, Answer.error(401, "invalid_client"));
		assertThat(logIn(server((settings) -> settings.clientMetadataUrl(document))).clientId())
			.isNotEqualTo(document.toString());
		assertThat(this.authorizationServer.registrations()).isOne();
	}

	private void nameBoth(TestAuthorizationServer next) {
		this.mcpServer.metadata((metadata) -> metadata.put("authorization_servers",
				List.of(this.authorizationServer.issuer(), next.issuer())));
	}

	private static void spoil(TestAuthorizationServer server, String defect) {
		switch (defect) {
			case "registers-none" -> server.metadata((metadata) -> metadata.remove("registration_endpoint"));
			case "refuses" -> server.http()
				.handle(TestAuthorizationServer.REGISTER,
						Answer.json(403, Map.of("error", "access_denied", "error_description", "not for strangers")));
			case "is-down" -> server.http().handle(TestAuthorizationServer.REGISTER, Answer.status(503));
			case "no-pkce" -> server.metadata((metadata) -> metadata.remove("code_challenge_methods_supported"));
			case "no-redirect" ->
				server.http().handle(TestAuthorizationServer.REGISTER, Answer.error(400, "invalid_redirect_uri"));
			default -> throw new IllegalArgumentException(defect);
		}
	}

	@Test
	void loginWhenTheRedirectUriIsRefusedSaysSo() {
		this.authorizationServer.http()
			.handle(TestAuthorizationServer.REGISTER, Answer.error(400, "invalid_redirect_uri"));
		LoginException failure = beginFailing(server());
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("invalid_redirect_uri").hasMessageContaining("client-id");
	}

	@Test
	void loginWhenTheScopeCannotBeRegisteredRegistersWithout() {
		this.authorizationServer.http().next(TestAuthorizationServer.REGISTER, Answer.error(400, "invalid_scope"));
		logIn(server((settings) -> settings.scopes(Set.of("one"))));
		assertThat(this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(1).json())
			.doesNotContainKey("scope");
		assertThat(grant().scope()).containsExactly("one");
		logIn(server((settings) -> settings.scopes(Set.of("one"))));
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@ParameterizedTest
	@DisplayName("A registration is tried again without the member that the server's words name, else with what has no default")
	@CsvSource(delimiter = '|', textBlock = """
			grant_types: only authorization_code       | grant_types
			application_type not supported             | application_type
			token_endpoint_auth_method none is unknown | token_endpoint_auth_method
			not acceptable                             | response_types
			not acceptable                             | application_type
			""")
	void loginWhenAMemberCannotBeRegisteredRegistersWithout(String words, String member) {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REGISTER,
					Answer.json(400, Map.of("error", "invalid_client_metadata", "error_description", words)));
		logIn(server());
		List<Request> requests = this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER);
		assertThat(requests).hasSize(2);
		assertThat(requests.get(0).json()).containsKey(member);
		assertThat(requests.get(1).json()).doesNotContainKey(member).containsKeys("client_name", "redirect_uris");
		assertThat(grant().accessToken()).isNotNull();
	}

	@Test
	void loginWhenNoRegistrationIsAcceptedEndsAfterAFewTries() {
		this.authorizationServer.http()
			.handle(TestAuthorizationServer.REGISTER, Answer.error(400, "invalid_client_metadata"));
		beginFailing(server((settings) -> settings.scopes(Set.of("one"))));
		assertThat(this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER)).hasSize(3);
	}

	@Test
	void loginWhenAnotherRedirectUriIsRegisteredFails() {
		this.authorizationServer.http()
			.handle(TestAuthorizationServer.REGISTER,
					Answer.json(201, Map.of("client_id", "x", "redirect_uris", List.of("https://elsewhere.example/"))));
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.CONFIGURATION);
	}

	@Test
	@DisplayName("F17 offline_access is asked for where the authorization server lists it")
	void loginWhenOfflineAccessIsListedAsksForIt() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("mcp")));
		this.authorizationServer
			.metadata((metadata) -> metadata.put("scopes_supported", List.of("mcp", "offline_access")));
		LoginRun login = begin(server());
		assertThat(parameter(login, "scope")).isEqualTo("mcp offline_access");
	}

	@Test
	@DisplayName("F17 a grant without a refresh token is a grant, and the status says so")
	void loginWhenNoRefreshTokenIsIssuedStoresTheGrant() {
		this.authorizationServer.issueRefreshTokens(false);
		LoginRun login = begin(server());
		consent(login);
		assertThat(end(login).refreshToken()).isNull();
		assertThat(grant().refreshToken()).isNull();
	}

	// Redirects

	@Test
	@DisplayName("F20 the registered port is busy: registers again with another")
	void loginWhenTheRegisteredPortIsBusyRegistersAgain() throws IOException {
		LoginRun first = begin(server());
		consent(first);
		end(first);
		int port = callback(first).getPort();
		try (ServerSocket busy = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			LoginRun second = begin(server());
			assertThat(callback(second).getPort()).isNotEqualTo(port);
			consent(second);
			end(second);
			assertThat(this.authorizationServer.registrations()).isEqualTo(2);
			assertThat(busy.isBound()).isTrue();
		}
	}

	@Test
	@DisplayName("F20 the configured port is busy: a clear error names the port and the property")
	void loginWhenTheConfiguredPortIsBusyFails() throws IOException {
		try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			LoginException failure = beginFailing(server((settings) -> settings.redirectPort(busy.getLocalPort())));
			assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
			assertThat(failure).hasMessageContaining("port " + busy.getLocalPort() + " ")
				.hasMessageContaining("'mcp.servers.test.oauth.redirect-port'");
			assertThat(this.authorizationServer.registrations()).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "localhost" })
	@DisplayName("F20 the redirect URI names the host of the settings and the port of the bound socket")
	void loginWhenAHostIsConfiguredNamesIt(String host) {
		LoginRun login = begin(server((settings) -> settings.redirectHost(host)));
		assertThat(callback(login).getHost()).isEqualTo(host);
		assertThat(callback(login).getPort()).isPositive();
		assertThat(consent(login).statusCode()).isEqualTo(200);
	}

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "agent.example", "not a host" })
	void loginWhenTheHostIsNotOnLoopbackFails(String host) {
		LoginException failure = beginFailing(server((settings) -> settings.redirectHost(host)));
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.redirect-host'");
	}

	@Test
	void loginWhenAProxyIsConfiguredSendsItsAddressAndListensBehindIt() throws IOException {
		int port = FreePorts.next();
		LoginRun login = begin(server(
				(settings) -> settings.redirectUri(URI.create("https://agent.example/oauth/done")).redirectPort(port)));
		assertThat(callback(login)).isEqualTo(URI.create("https://agent.example/oauth/done"));
		URI redirect = redirect(login);
		assertThat(redirect.toString()).startsWith("https://agent.example/oauth/done?");
		URI behind = URI.create("http://127.0.0.1:" + port + redirect.getRawPath() + "?" + redirect.getRawQuery());
		assertThat(get(behind).join().statusCode()).isEqualTo(200);
		end(login);
		assertThat(this.authorizationServer.tokenRequests("authorization_code").get(0).parameter("redirect_uri"))
			.isEqualTo("https://agent.example/oauth/done");
		assertThat(this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(0).json())
			.containsEntry("application_type", "web");
	}

	@Test
	void loginWhenTheRedirectUriIsOnLoopbackListensThere() throws IOException {
		int port = FreePorts.next();
		URI uri = URI.create("http://127.0.0.1:" + port + "/my/path");
		LoginRun login = begin(server((settings) -> settings.redirectUri(uri)));
		assertThat(consent(login).statusCode()).isEqualTo(200);
		end(login);
	}

	@Test
	void loginWhenTheProxyHasNoPortOfOursIsAnsweredByPasting() {
		LoginRun login = begin(server((settings) -> settings.redirectUri(URI.create("https://agent.example/done"))));
		assertThat(login.complete(redirect(login).toString()).block(PATIENCE)).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://agent.example/cb", "myapp://callback", "https://agent.example/cb#x", "/callback" })
	void loginWhenTheRedirectUriIsNotSafeFails(String uri) {
		LoginException failure = beginFailing(server((settings) -> settings.redirectUri(URI.create(uri))));
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.redirect-uri'");
	}

	@Test
	void loginWhenTheCallerReceivesTheRedirectIsCompletedByIt() {
		URI uri = URI.create("https://app.example/login/mcp");
		LoginRun login = begin(server(), new LoginRequest(false, uri));
		URI redirect = redirect(login);
		assertThat(redirect.toString()).startsWith(uri + "?");
		assertThat(login.complete(redirect.toString()).block(PATIENCE)).isNotNull();
		assertThat(this.authorizationServer.tokenRequests("authorization_code").get(0).parameter("redirect_uri"))
			.isEqualTo(uri.toString());
	}

	// Answers

	@Test
	@DisplayName("F34 the first valid callback wins: favicons, other states and a second callback change nothing")
	void callbackWhenAnsweredTwiceTakesTheFirst() {
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		URI callback = callback(login);
		assertThat(get(callback.resolve("/favicon.ico")).join().statusCode()).isEqualTo(404);
		assertThat(get(callback.resolve("/callback?code=evil&state=evil")).join().statusCode()).isEqualTo(404);
		assertThat(get(callback.resolve("/callback?error=access_denied")).join().statusCode()).isEqualTo(400);
		assertThat(get(callback.resolve("/callback")).join().statusCode()).isEqualTo(404);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<HttpResponse<String>> first = get(redirect);
		hold.await(1);
		String evil = redirect.toString().replaceFirst("code=[^&]*", "code=evil");
		assertThat(get(URI.create(evil)).join().statusCode()).isEqualTo(409);
		assertThat(get(callback.resolve("/favicon.ico")).join().statusCode()).isEqualTo(404);
		hold.release();
		assertThat(first.join().statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "code=evil", "state=evil", "iss=https%3A%2F%2Fevil.example", "error=x", "%63ode=evil" })
	@DisplayName("An answer that says something twice is no answer")
	void callbackWhenAParameterIsRepeatedIsIgnored(String repeated) {
		this.authorizationServer.iss(this.authorizationServer.issuer());
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		String twice = redirect.toString().replace("?", "?error=y&".substring(0, repeated.startsWith("error") ? 9 : 1));
		assertThat(get(URI.create(twice.replace("?", "?" + repeated + "&"))).join().statusCode()).isEqualTo(404);
		assertThatIllegalArgumentException()
			.isThrownBy(() -> login.complete(twice.replace("?", "?" + repeated + "&")).block(PATIENCE));
		assertThat(this.authorizationServer.exchanges()).isZero();
		assertThat(get(redirect).join().statusCode()).isEqualTo(200);
		end(login);
	}

	@ParameterizedTest
	@CsvSource({ "true,same,true", "true,,false", "true,https://evil.example,false", "true,slash,false",
			"false,same,true", "false,,true", "false,https://evil.example,false", "false,slash,false" })
	@DisplayName("RFC 9207: the issuer of a successful answer is compared before the code is sent anywhere")
	void callbackWhenItNamesAnIssuerComparesIt(boolean advertised, @Nullable String iss, boolean good) {
		this.authorizationServer
			.metadata((metadata) -> metadata.put("authorization_response_iss_parameter_supported", advertised))
			.iss(iss(iss));
		LoginRun login = begin(server());
		assertThat(consent(login).statusCode()).isEqualTo(good ? 200 : 400);
		if (good) {
			end(login);
		}
		else {
			assertThat(endFailing(login).getReason()).isEqualTo(Reason.PROTOCOL);
		}
		assertThat(this.authorizationServer.exchanges()).isEqualTo(good ? 1 : 0);
		assertThat(this.store.get(KEY) != null).isEqualTo(good);
	}

	@ParameterizedTest
	@CsvSource({ "true,same,DENIED", "true,,PROTOCOL", "true,https://evil.example,PROTOCOL", "false,,DENIED",
			"false,slash,PROTOCOL" })
	@DisplayName("RFC 9207: an error answer of another issuer is neither acted upon nor shown")
	void callbackWhenAnErrorNamesAnIssuerComparesIt(boolean advertised, @Nullable String iss, Reason reason) {
		this.authorizationServer
			.metadata((metadata) -> metadata.put("authorization_response_iss_parameter_supported", advertised))
			.iss(iss(iss))
			.deny("access_denied");
		LoginRun login = begin(server());
		HttpResponse<String> page = get(URI.create(redirect(login) + "&error_description=CALL-ME")).join();
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(reason);
		assertThat(page.body().contains("CALL-ME")).isEqualTo(reason == Reason.DENIED);
		assertThat(String.valueOf(failure.getMessage()).contains("access_denied")).isEqualTo(reason == Reason.DENIED);
	}

	private @Nullable String iss(@Nullable String name) {
		if (name == null) {
			return null;
		}
		return switch (name) {
			case "same" -> this.authorizationServer.issuer();
			case "slash" -> this.authorizationServer.issuer() + "/";
			default -> name;
		};
	}

	@Test
	@DisplayName("The words of a server are escaped in the page")
	void callbackWhenTheServerWritesMarkupEscapesIt() {
		this.authorizationServer.deny("access_denied");
		LoginRun login = begin(server());
		String page = get(URI.create(redirect(login) + "&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E%1B"))
			.join()
			.body();
		assertThat(page).contains("&lt;script&gt;").doesNotContain("<script").doesNotContain("\u001b");
		assertThat(endFailing(login)).hasMessageNotContaining("\u001b");
	}

	@ParameterizedTest
	@CsvSource({ "invalid_target,CONFIGURATION,'mcp.servers.test.oauth.resource'",
			"invalid_scope,CONFIGURATION,'mcp.servers.test.oauth.scopes'", "temporarily_unavailable,UNAVAILABLE,",
			"server_error,UNAVAILABLE,", "invalid_request,PROTOCOL,", "unauthorized_client,PROTOCOL,registers" })
	void callbackWhenAnErrorSaysWhatToDo(String error, Reason reason, @Nullable String part) {
		this.authorizationServer.deny(error);
		LoginRun login = begin(server());
		consent(login);
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(reason);
		assertThat(failure).hasMessageContaining(error).hasMessageContaining((part != null) ? part : "");
	}

	@Test
	@DisplayName("A resource that the token endpoint refuses is a setting to change")
	void exchangeWhenTheResourceIsRefusedNamesTheProperty() {
		this.authorizationServer.acceptResource("https://other.example");
		LoginRun login = begin(server());
		consent(login);
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("invalid_target")
			.hasMessageContaining("'mcp.servers.test.oauth.resource'");
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
		logIn(server((settings) -> settings.resource("https://other.example")));
	}

	@Test
	void exchangeWhenTheServerGoesAwayIsUnavailable() {
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, Answer.lost());
		LoginRun login = begin(server());
		consent(login);
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.UNAVAILABLE);
		assertThat(this.store.get(KEY)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "%s", "  %s \n", "\"%s\"", "<%s>", "%s#fragment" })
	void completeWhenTheRedirectUrlIsPastedLogsIn(String pattern) {
		LoginRun login = begin(server());
		Mono<Grant> stored = login.complete(pattern.formatted(redirect(login)));
		assertThat(this.authorizationServer.exchanges()).isZero();
		assertThat(stored.block(PATIENCE)).isNotNull();
		assertThat(end(login)).isEqualTo(grant());
		assertFree(callback(login).getPort());
	}

	@Test
	void completeWhenTheTerminalWrappedTheUrlLogsIn() {
		LoginRun login = begin(server());
		String url = redirect(login).toString();
		int middle = url.length() / 2;
		assertThat(login.complete(url.substring(0, middle) + "\r\n  " + url.substring(middle)).block(PATIENCE))
			.isNotNull();
	}

	@Test
	void completeWhenTheQueryOrTheCodeIsPastedLogsIn() {
		LoginRun first = begin(server());
		assertThat(first.complete(redirect(first).getRawQuery()).block(PATIENCE)).isNotNull();
		LoginRun second = begin(server());
		assertThat(second.complete(code(second)).block(PATIENCE)).isNotNull();
	}

	@Test
	@DisplayName("A bare code does not say who it is from, where that is promised")
	void completeWhenABareCodeLacksTheIssuerLeavesTheLoginInFlight() {
		this.authorizationServer
			.metadata((metadata) -> metadata.put("authorization_response_iss_parameter_supported", true))
			.iss(this.authorizationServer.issuer());
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		String code = code(redirect);
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(code).block(PATIENCE))
			.withMessageContaining("whole redirect URL");
		assertThat(login.complete(redirect.toString()).block(PATIENCE)).isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "two words", "http://127.0.0.1/callback", "?state=x" })
	void completeWhenNothingOfUseIsPastedLeavesTheLoginInFlight(String pasted) {
		LoginRun login = begin(server());
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(pasted).block(PATIENCE));
		assertThat(this.service.current(KEY)).isSameAs(login);
		consent(login);
		end(login);
	}

	@Test
	@DisplayName("The answer to another login is ignored, by its state")
	void completeWhenTheStateIsAnothersLeavesTheLoginInFlight() {
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		String other = redirect.toString().replaceFirst("state=[^&]*", "state=other");
		String none = redirect.toString().replaceFirst("&state=[^&]*", "");
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(other).block(PATIENCE))
			.withMessageContaining("another login")
			.withMessageNotContaining("code-");
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(none).block(PATIENCE));
		assertThat(get(URI.create(other)).join().statusCode()).isEqualTo(404);
		assertThat(get(URI.create(none)).join().statusCode()).isEqualTo(404);
		assertThat(this.authorizationServer.exchanges()).isZero();
		assertThat(get(redirect).join().statusCode()).isEqualTo(200);
	}

	@Test
	void completeWhenAnsweredAlreadyEndsAsTheLogin() {
		LoginRun login = begin(server());
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		URI redirect = redirect(login);
		CompletableFuture<HttpResponse<String>> page = get(redirect);
		hold.await(1);
		CompletableFuture<Grant> pasted = login.complete(redirect.toString()).toFuture();
		hold.release();
		assertThat(page.join().statusCode()).isEqualTo(200);
		assertThat(pasted.join()).isEqualTo(grant());
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
	}

	@Test
	void completionWhenASubscriberLeavesGoesOn() {
		LoginRun login = begin(server());
		login.completion().subscribe().dispose();
		login.complete(redirect(login).toString()).subscribe().dispose();
		assertThat(end(login)).isEqualTo(grant());
		assertThat(end(login)).isEqualTo(grant());
	}

	// One login in flight

	@Test
	@DisplayName("F35 F21 callers join the login in flight, and its state stays")
	void loginWhenOneIsInFlightJoinsIt() {
		McpServer server = server();
		LoginRun first = begin(server);
		assertThat(begin(server, LoginRequest.interactive())).isSameAs(first);
		assertThat(this.service.current(KEY)).isSameAs(first);
		assertThat(this.opened).isEmpty();
		consent(first);
		end(first);
		LoginRun second = begin(server);
		assertThat(second).isNotSameAs(first);
		assertThat(second.authorizationUrl()).isNotEqualTo(first.authorizationUrl());
		assertThat(parameter(second, "state")).isNotEqualTo(parameter(first, "state"));
	}

	@Test
	@DisplayName("F35 callers join a login that still looks for its authorization server")
	void loginWhenOneIsDiscoveringJoinsIt() {
		Hold hold = this.mcpServer.http().hold(TestMcpServer.METADATA);
		McpServer server = server();
		List<CompletableFuture<LoginRun>> logins = IntStream.range(0, 20)
			.mapToObj((index) -> this.service.login(server, server.key(), List.of(), LoginRequest.interactive())
				.toFuture())
			.toList();
		hold.await(1);
		assertThat(this.service.current(KEY)).isNull();
		this.service.login(server, server.key(), List.of(), LoginRequest.interactive()).subscribe().dispose();
		logins.get(0).cancel(true);
		hold.release();
		LoginRun login = logins.get(1).join();
		assertThat(logins.subList(1, 20)).allSatisfy((joined) -> assertThat(joined.join()).isSameAs(login));
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
		assertThat(this.mcpServer.http().count(TestMcpServer.METADATA)).isEqualTo(1);
		consent(login);
		end(login);
		assertThat(this.opened).hasSizeLessThan(2);
	}

	@Test
	void loginWhenTheOneInDiscoveryFailsFailsForAllAndIsForgotten() {
		Hold hold = this.mcpServer.http().hold(TestMcpServer.METADATA);
		this.mcpServer.http().next(TestMcpServer.METADATA, Answer.status(503));
		McpServer server = server();
		CompletableFuture<LoginRun> first = this.service
			.login(server, server.key(), List.of(), LoginRequest.withoutBrowser())
			.toFuture();
		CompletableFuture<LoginRun> second = this.service
			.login(server, server.key(), List.of(), LoginRequest.withoutBrowser())
			.toFuture();
		hold.await(1);
		hold.release();
		for (CompletableFuture<LoginRun> login : List.of(first, second)) {
			assertThat(login).failsWithin(PATIENCE)
				.withThrowableThat()
				.havingCause()
				.isInstanceOfSatisfying(LoginException.class,
						(ex) -> assertThat(ex.getReason()).isEqualTo(Reason.UNAVAILABLE));
		}
		logIn(server);
	}

	@Test
	void loginWhenTheOneInFlightWasCancelledBeginsAnother() {
		McpServer server = server((settings) -> settings.redirectPort(FreePorts.next()));
		LoginRun first = begin(server);
		first.cancel();
		LoginRun second = begin(server);
		assertThat(second).isNotSameAs(first);
		assertThat(callback(second)).isEqualTo(callback(first));
		consent(second);
		end(second);
	}

	@Test
	@DisplayName("F31 a login that began with other settings is not joined")
	void loginWhenTheSettingsHaveChangedCancelsTheOneInFlight() {
		int port = FreePorts.next();
		LoginRun first = begin(server((settings) -> settings.redirectPort(port)));
		LoginRun second = begin(server((settings) -> settings.redirectPort(port).scopes(Set.of("one"))));
		assertThat(endFailing(first).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(parameter(second, "scope")).isEqualTo("one");
		consent(second);
		end(second);
	}

	@Test
	void closeWhenLoginsAreInFlightCancelsThem() {
		LoginRun login = begin(server());
		this.service.close();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
	}

	@Test
	void loginWhenNotSubscribedDoesNothing() {
		Mono<LoginRun> login = this.service.login(server(), server().key(), List.of(), LoginRequest.interactive());
		assertThat(login).isNotNull();
		assertThat(this.mcpServer.http().requests()).isEmpty();
		assertThat(this.service.current(KEY)).isNull();
	}

	// Refusals

	@Test
	@DisplayName("An authorization server that does not list PKCE with S256 is refused, unless the settings say otherwise")
	void loginWhenPkceIsNotListedIsRefused() {
		this.authorizationServer.metadata((metadata) -> metadata.remove("code_challenge_methods_supported"));
		LoginException failure = beginFailing(server());
		assertThat(failure.getReason()).isEqualTo(Reason.PROTOCOL);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.require-pkce'")
			.hasMessageContaining(this.authorizationServer.issuer());
		assertThat(this.authorizationServer.registrations()).isZero();
		this.authorizationServer
			.metadata((metadata) -> metadata.put("code_challenge_methods_supported", List.of("plain")));
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.PROTOCOL);
		logIn(server((settings) -> settings.requirePkce(false)));
		assertThat(this.authorizationServer.tokenRequests("authorization_code").get(0).parameter("code_verifier"))
			.isNotNull();
	}

	@Test
	@DisplayName("PKCE is required of OpenID documents alike")
	void loginWhenAnOpenIdDocumentDoesNotListPkceIsRefused() {
		String issuer = this.authorizationServer.issuer();
		this.authorizationServer.http()
			.remove(TestAuthorizationServer.METADATA)
			.handle("/.well-known/openid-configuration",
					Answer.json(200, Map.of("issuer", issuer, "authorization_endpoint", issuer + "/authorize",
							"token_endpoint", issuer + "/token", "registration_endpoint", issuer + "/register")));
		assertThat(beginFailing(server())).hasMessageContaining("PKCE");
	}

	@Test
	void loginWhenTheAuthorizationServerIsDownIsUnavailable() {
		this.authorizationServer.close();
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.UNAVAILABLE);
		assertThat(this.service.current(KEY)).isNull();
	}

	@Test
	void loginWhenTheMetadataIsOfAnotherIssuerFails() {
		this.authorizationServer.metadata((metadata) -> metadata.put("issuer", "https://attacker.example"));
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.PROTOCOL);
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@Test
	void loginWhenTheAuthorizationEndpointIsNotAWebAddressFails() {
		int port = FreePorts.next();
		this.authorizationServer
			.metadata((metadata) -> metadata.put("authorization_endpoint", "javascript:alert(1)//x"));
		assertThat(beginFailing(server((settings) -> settings.redirectPort(port)))).isNotNull();
		assertThat(this.opened).isEmpty();
		assertFree(port);
	}

	private Grant oldGrant() {
		return logIn(server((settings) -> settings.scopes(Set.of("one"))));
	}

	private OAuthClient oldClient() {
		return client();
	}

	private static URI callback(LoginRun login) {
		return URI.create(Objects.requireNonNull(parameter(login, "redirect_uri")));
	}

	private static @Nullable String parameter(LoginRun login, String name) {
		return parameter(Objects.requireNonNull(login.authorizationUrl()), name);
	}

	private static @Nullable String parameter(URI url, String name) {
		for (String pair : url.getRawQuery().split("&")) {
			if (pair.startsWith(name + "=")) {
				return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
			}
		}
		return null;
	}

	private String code(LoginRun login) {
		return code(redirect(login));
	}

	private static String code(URI redirect) {
		return Objects.requireNonNull(parameter(redirect, "code"));
	}

}
