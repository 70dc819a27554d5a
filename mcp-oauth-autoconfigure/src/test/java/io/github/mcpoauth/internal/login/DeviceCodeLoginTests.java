// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestScheduler.Task;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for logins with a device code (RFC 8628), over real HTTP and with a scheduler
 * that waits for the test.
 */
class DeviceCodeLoginTests extends LoginTestBase {

	private static final Duration INTERVAL = Duration.ofSeconds(5);

	@BeforeEach
	void offer() {
		this.authorizationServer.offerDeviceGrant();
	}

	@Test
	@DisplayName("F19 a login needs no browser that can come back here")
	void loginWhenTheCodeIsConfirmedStoresTheGrant() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("mcp:read")));
		LoginRun login = device();
		Login.UserCode code = code(login);
		assertThat(code.value()).startsWith("WDJB-");
		assertThat(code.verificationUri()).isEqualTo(this.authorizationServer.http().url("/activate"));
		assertThat(login.authorizationUrl()).isEqualTo(code.verificationUriComplete())
			.hasParameter("user_code", code.value());
		assertThat(login.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(600));
		assertThat(this.service.current(KEY)).isSameAs(login);
		poll(INTERVAL);
		poll(INTERVAL);
		decide(login, true);
		poll(INTERVAL);
		assertThat(end(login)).isEqualTo(grant());
		assertThat(this.service.current(KEY)).isNull();
		assertThat(this.scheduler.isIdle()).isTrue();
		Grant grant = grant();
		assertThat(this.authorizationServer.isActive(grant.accessToken().reveal())).isTrue();
		assertThat(grant.refreshToken()).isNotNull();
		assertThat(grant.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(3600));
		assertThat(grant.scope()).containsExactly("mcp:read");
		assertThat(grant.issuer()).isEqualTo(this.authorizationServer.issuer());
		assertThat(grant.tokenEndpoint()).isEqualTo(this.authorizationServer.tokenEndpoint());
		assertThat(grant.clientId()).isEqualTo(client().clientId());
		assertThat(grant.resource()).isEqualTo(this.mcpServer.url().toString());
		assertThat(polls()).hasSize(3);
		assertThat(this.opened).isEmpty();
	}

	@Test
	void loginWhenBothSidesSpeakDPoPBindsTheTokensToAKey() {
		ProofVerifier proofs = this.authorizationServer.dpop("ES256").nonce("n1");
		this.mcpServer.dpop(this.clock);
		confirm(device());
		assertThat(grant().isBound()).isTrue();
		assertThat(proofs.accepted()).singleElement()
			.satisfies((proof) -> assertThat(proof.thumbprint())
				.isEqualTo(this.authorizationServer.boundTo(grant().accessToken().reveal())));
	}

	@Test
	void loginWhenAskingSendsWhatTheSpecificationWants() {
		this.authorizationServer.client("configured", "s3cret");
		LoginRun login = device(server(
				(settings) -> settings.clientId("configured").clientSecret(Secret.of("s3cret")).scopes(Set.of("one"))));
		decide(login, true);
		poll(INTERVAL);
		end(login);
		Request authorization = this.authorizationServer.http().requests(TestAuthorizationServer.DEVICE).get(0);
		assertThat(authorization.parameter("scope")).isEqualTo("one");
		assertThat(authorization.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(authorization.header("Authorization")).startsWith("Basic ");
		assertThat(authorization.header("User-Agent")).startsWith("mcp-oauth/");
		Request exchange = polls().get(0);
		assertThat(exchange.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(exchange.parameter("device_code")).startsWith("device-");
		assertThat(exchange.header("Authorization")).startsWith("Basic ");
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@Test
	@DisplayName("J3 a client with a key signs for the device code and for the tokens, each time anew")
	void loginWhenClientHasAKeySignsAtBothEndpoints() throws JOSEException {
		ECKey key = new ECKeyGenerator(Curve.P_256).generate();
		this.authorizationServer.signingClient("signer", key.toPublicKey());
		LoginRun login = device(server((settings) -> settings.clientId("signer")
			.signingKey(new SigningKey(Secret.of(key.toJSONString()), null, null, null))));
		poll(INTERVAL);
		decide(login, true);
		poll(INTERVAL);
		assertThat(end(login)).isEqualTo(grant());
		List<Request> requests = new ArrayList<>(
				this.authorizationServer.http().requests(TestAuthorizationServer.DEVICE));
		requests.addAll(polls());
		assertThat(requests).hasSize(3)
			.allSatisfy((request) -> assertThat(request.form()).doesNotContainKey("client_secret"))
			.extracting((request) -> request.parameter("client_assertion"))
			.doesNotContainNull()
			.doesNotHaveDuplicates();
	}

	@Test
	void loginWhenAClientRegistersAsksForTheDeviceGrantToo() {
		LoginRun login = device();
		Request registration = this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(0);
		assertThat(registration.json()).hasEntrySatisfying("grant_types",
				(types) -> assertThat(types).asInstanceOf(InstanceOfAssertFactories.LIST)
					.contains("authorization_code", "refresh_token", TestAuthorizationServer.DEVICE_CODE));
		login.cancel();
	}

	@Test
	@DisplayName("F15 one registered client serves logins of both kinds")
	void loginWhenTheClientIsRegisteredForBothUsesItForBoth() {
		confirm(device());
		String clientId = client().clientId();
		confirm(device());
		logIn(server());
		assertThat(client().clientId()).isEqualTo(clientId);
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	@DisplayName("F15 a client of another kind of login is replaced by one that keeps its redirect URI")
	void loginWhenTheClientIsNotRegisteredForItRegistersOneThatServesBoth() {
		logIn(server());
		Set<String> redirectUris = client().redirectUris();
		confirm(device());
		assertThat(client().redirectUris()).isEqualTo(redirectUris);
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("F15 a client that registers for a login in a browser serves devices too, where the server lists that grant")
	void loginWhenTheServerListsTheGrantRegistersOneClientForBoth() {
		listDeviceGrant();
		logIn(server());
		confirm(device());
		confirm(device());
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	void loginInABrowserWhenTheServerRefusesTheGrantRegistersWithoutIt() {
		listDeviceGrant();
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REGISTER, Answer.json(400, Map.of("error", "invalid_client_metadata")));
		logIn(server());
		assertThat(this.authorizationServer.http().requests(TestAuthorizationServer.REGISTER))
			.extracting((request) -> String.valueOf(request.json().get("grant_types"))
				.contains(TestAuthorizationServer.DEVICE_CODE))
			.containsExactly(true, false);
	}

	private void listDeviceGrant() {
		this.authorizationServer.metadata((metadata) -> metadata.put("grant_types_supported",
				List.of("authorization_code", "refresh_token", TestAuthorizationServer.DEVICE_CODE)));
	}

	@Test
	void loginWhenTheServerRegistersWithoutTheGrantSaysSo() {
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REGISTER, Answer.json(201,
					Map.of("client_id", "client-1", "grant_types", List.of("authorization_code", "refresh_token"))));
		assertThat(deviceFailing().getMessage())
			.contains("did not register the client for the device authorization grant", "oauth.client-id");
		assertThat(this.store.getClient(KEY)).isNull();
	}

	@Test
	void loginWhenTheServerHasNoEndpointSaysWhatToDoInstead() {
		this.authorizationServer.metadata((metadata) -> metadata.remove("device_authorization_endpoint"));
		LoginException failure = deviceFailing();
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure.getMessage()).contains(this.authorizationServer.issuer(), "no device authorization endpoint",
				"mcp login test");
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@Test
	@DisplayName("slow_down makes it slower for good")
	void pollWhenAskedToSlowDownAddsFiveSecondsForGood() {
		script("interval", 2);
		LoginRun login = device();
		poll(Duration.ofSeconds(2));
		next(Answer.json(400, Map.of("error", "slow_down")));
		poll(Duration.ofSeconds(2));
		poll(Duration.ofSeconds(7));
		next(Answer.json(429, Map.of("error", "slow_down")));
		poll(Duration.ofSeconds(7));
		next(Answer.json(200, Map.of("error", "slow_down")));
		poll(Duration.ofSeconds(12));
		assertThat(this.scheduler.next().delay()).isEqualTo(Duration.ofSeconds(17));
		login.cancel();
	}

	@Test
	@DisplayName("F8 a failure that may pass is waited for, ever more slowly")
	void pollWhenTheServerIsOutOfReachTriesAgainMoreSlowly() {
		LoginRun login = device();
		next(Answer.status(503));
		poll(INTERVAL);
		next(Answer.of(200, "text/html", "<html>Sign in to the proxy</html>"));
		poll(Duration.ofSeconds(10));
		next(Answer.of(Response.json(200, Map.of("access_token", "lost")).truncated()));
		poll(Duration.ofSeconds(20));
		next(Answer.of(Response.json(429, Map.of()).header("Retry-After", "90")));
		poll(Duration.ofSeconds(40));
		poll(Duration.ofSeconds(90));
		decide(login, true);
		poll(INTERVAL);
		assertThat(end(login)).isEqualTo(grant());
	}

	@Test
	void pollWhenFailuresGoOnWaitsAMinuteAtMost() {
		LoginRun login = device();
		for (int seconds : new int[] { 5, 10, 20, 40, 60, 60 }) {
			next(Answer.status(502));
			poll(Duration.ofSeconds(seconds));
		}
		login.cancel();
	}

	@Test
	void pollWhenTheCodeExpiresEndsTheLogin() {
		script("expires_in", 8);
		LoginRun login = device();
		poll(INTERVAL);
		Task last = this.scheduler.next();
		assertThat(last.delay()).isEqualTo(Duration.ofSeconds(3));
		last.run();
		LoginException failure = endFailing(login);
		assertThat(failure.getReason()).isEqualTo(Reason.TIMED_OUT);
		assertThat(failure.getMessage()).contains("the code was not confirmed");
		assertThat(polls()).hasSize(1);
		assertThat(this.store.get(KEY)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "access_denied, DENIED", "expired_token, TIMED_OUT", "invalid_grant, PROTOCOL",
			"invalid_client, PROTOCOL", "invalid_target, CONFIGURATION" })
	void pollWhenTheServerSaysNoEndsTheLogin(String error, Reason reason) {
		LoginRun login = device();
		next(Answer.json(400, Map.of("error", error)));
		poll(INTERVAL);
		assertThat(endFailing(login).getReason()).isEqualTo(reason);
		assertThat(this.scheduler.isIdle()).isTrue();
		assertThat(this.service.current(KEY)).isNull();
	}

	@Test
	@DisplayName("Law 13: a refused or cancelled login changes nothing")
	void loginWhenItComesToNothingKeepsTheGrant() {
		Grant before = logIn(server());
		String clientId = client().clientId();
		LoginRun denied = device();
		decide(denied, false);
		poll(INTERVAL);
		assertThat(endFailing(denied).getReason()).isEqualTo(Reason.DENIED);
		LoginRun cancelled = device();
		cancelled.cancel();
		assertThat(endFailing(cancelled).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(grant()).isEqualTo(before);
		assertThat(client().clientId()).isEqualTo(clientId);
		assertThat(this.scheduler.next().isDisposed()).isTrue();
	}

	@Test
	void cancelWhenAnAnswerIsOnItsWayDoesNotStoreIt() {
		LoginRun login = device();
		decide(login, true);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		poll(INTERVAL);
		hold.await(1);
		login.cancel();
		hold.release();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(this.store.get(KEY)).isNull();
	}

	@Test
	void loginWhenTheGrantCannotBeStoredFailsAndIsNotAskedAgain() {
		LoginRun login = device();
		decide(login, true);
		this.store.failSaves(KEY, new TokenStoreException(KEY.server(), "the disk is full", null));
		poll(INTERVAL);
		assertThatExceptionOfType(TokenStoreException.class).isThrownBy(() -> end(login));
		assertThat(polls()).hasSize(1);
	}

	@Test
	@DisplayName("F35 one login in flight, of whatever kind")
	void loginWhenOneIsInFlightJoinsIt() {
		McpServer server = server();
		LoginRun device = begin(server, LoginRequest.withDeviceCode());
		assertThat(begin(server, LoginRequest.withDeviceCode())).isSameAs(device);
		assertThat(begin(server, LoginRequest.withoutBrowser())).isSameAs(device);
		device.cancel();
		LoginRun browser = begin(server, LoginRequest.withoutBrowser());
		assertThat(begin(server, LoginRequest.withDeviceCode())).isSameAs(browser);
		assertThat(browser.userCode()).isNull();
	}

	@Test
	void completeWhenSomethingIsPastedRefusesIt() {
		LoginRun login = device();
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete("code-1").block(PATIENCE))
			.withMessageContaining("nothing to paste");
		assertThat(this.service.current(KEY)).isSameAs(login);
	}

	@Test
	void closeWhenALoginWaitsCancelsIt() {
		LoginRun login = device();
		this.service.close();
		assertThat(endFailing(login).getReason()).isEqualTo(Reason.CANCELLED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "device_code", "user_code", "verification_uri" })
	void loginWhenTheAnswerLacksAMemberSaysSo(String member) {
		script(member, null);
		LoginException failure = deviceFailing();
		assertThat(failure.getReason()).isEqualTo(Reason.PROTOCOL);
		assertThat(failure.getMessage()).contains("without a usable device_code, user_code or verification_uri");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "verification_uri | http://192.0.2.1/device | The verification URI",
					"verification_uri | javascript:alert(1) | The verification URI",
					"user_code | \\u001b[2JWDJB | user_code", "device_code | a\\r\\nb | device_code" })
	@DisplayName("F32 the words of a server are not shown unchecked")
	void loginWhenTheAnswerIsNotFitToBeShownRefusesIt(String member, String value, String told) {
		script(member, escaped(value));
		assertThat(deviceFailing().getMessage()).contains(told).doesNotContain("\u001b");
	}

	@Test
	void loginWhenTheCompleteAddressIsBadDoesWithoutIt() {
		script("verification_uri_complete", "http://192.0.2.1/device?user_code=x");
		LoginRun login = device();
		assertThat(code(login).verificationUriComplete()).isNull();
		assertThat(login.authorizationUrl()).isEqualTo(code(login).verificationUri());
		assertThat(code(login))
			.hasToString("UserCode[verificationUri=%s]".formatted(this.authorizationServer.http().url("/activate")));
	}

	@ParameterizedTest
	@CsvSource({ "interval, '\"7\"', 7, 600", "interval, 0, 1, 600", "expires_in, 99999999, 5, 3600",
			"expires_in, 0, 5, 600" })
	void loginWhenNumbersAreOddStaysWithinBounds(String member, String value, int interval, int lifetime) {
		script(member, value.startsWith("\"") ? value.substring(1, value.length() - 1) : Integer.valueOf(value));
		LoginRun login = device();
		assertThat(login.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(lifetime));
		assertThat(this.scheduler.next().delay()).isEqualTo(Duration.ofSeconds(interval));
		login.cancel();
	}

	private LoginRun device() {
		return device(server());
	}

	private LoginRun device(McpServer server) {
		return begin(server, LoginRequest.withDeviceCode());
	}

	private LoginException deviceFailing() {
		return catchThrowableOfType(LoginException.class, this::device);
	}

	private void confirm(LoginRun login) {
		decide(login, true);
		poll(INTERVAL);
		end(login);
	}

	private static Login.UserCode code(LoginRun login) {
		return Objects.requireNonNull(login.userCode());
	}

	/**
	 * Let the time come for the next question, which must be this far away.
	 */
	private void poll(Duration expected) {
		Task task = this.scheduler.next();
		assertThat(task.delay()).isEqualTo(expected);
		task.run();
	}

	private List<Request> polls() {
		return this.authorizationServer.tokenRequests(TestAuthorizationServer.DEVICE_CODE);
	}

	/**
	 * Let the person decide, before the next question and after the last.
	 */
	private void decide(LoginRun login, boolean confirm) {
		this.scheduler.await();
		this.authorizationServer.decide(code(login).value(), confirm);
	}

	private void next(Answer answer) {
		this.scheduler.await();
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, answer);
	}

	private static String escaped(String value) {
		return value.replace("\\u001b", "\u001b").translateEscapes();
	}

	/**
	 * Change a member of the next device authorization response.
	 */
	private void script(String member, @Nullable Object value) {
		this.authorizationServer.http().next(TestAuthorizationServer.DEVICE, Answer.usually((usual) -> {
			Map<String, Object> members = new HashMap<>(usual.json());
			members.put(member, value);
			return Response.json(200, members);
		}));
	}

}
