// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for logins whose authorization request is pushed (RFC 9126).
 */
class PushedLoginTests extends LoginTestBase {

	@Test
	void loginWhenMetadataRequireItPushesTheRequestAndSendsTheBrowserAReference() {
		this.authorizationServer.requirePushedRequests();
		LoginRun login = begin(server((settings) -> settings.authorizeParameters(Map.of("prompt", "consent"))));
		assertThat(parameters(login.authorizationUrl())).containsOnlyKeys("client_id", "request_uri");
		assertThat(login.authorizationUrlExpiresAt()).isEqualTo(this.clock.instant().plusSeconds(60));
		assertThat(login.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(300));
		Request push = pushes().get(0);
		assertThat(push.form()).containsKeys("response_type", "client_id", "redirect_uri", "state", "code_challenge",
				"code_challenge_method");
		assertThat(push.parameter("resource")).isEqualTo(this.mcpServer.url().toString());
		assertThat(push.parameter("prompt")).isEqualTo("consent");
		assertThat(consent(login).statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
	}

	@Test
	void loginWhenMetadataOnlyOfferItPushesNothing() {
		this.authorizationServer.takePushedRequests();
		LoginRun login = begin(server());
		assertThat(parameters(login.authorizationUrl())).containsKey("state");
		assertThat(login.authorizationUrlExpiresAt()).isNull();
		assertThat(pushes()).isEmpty();
	}

	@Test
	void loginWhenTheRegistrationRequiresItPushes() {
		this.authorizationServer.takePushedRequests()
			.client("par-client", null)
			.http()
			.next(TestAuthorizationServer.REGISTER,
					Answer.json(201, Map.of("client_id", "par-client", "require_pushed_authorization_requests", true)));
		logIn(server());
		logIn(server());
		assertThat(pushes()).as("also for the stored client").hasSize(2);
		assertThat(this.authorizationServer.registrations()).isEqualTo(1);
	}

	@Test
	void loginWhenTheClientHasASecretAuthenticatesAsAtTheTokenEndpoint() {
		this.authorizationServer.requirePushedRequests().client("app", "the-secret");
		logIn(server((settings) -> settings.clientId("app").clientSecret(Secret.of("the-secret"))));
		String authorization = Objects.requireNonNull(pushes().get(0).header("Authorization"));
		assertThat(new String(Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8))
			.isEqualTo("app:the-secret");
		assertThat(pushes().get(0).form()).doesNotContainKey("client_secret");
	}

	@Test
	void loginWhenTheClientHasAKeySignsAndNamesItselfOnce() throws Exception {
		KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
		String pem = "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----"
			.formatted(Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded()));
		this.authorizationServer.requirePushedRequests().client("app", null).signingClient("app", pair.getPublic());
		logIn(server(
				(settings) -> settings.clientId("app").signingKey(new SigningKey(Secret.of(pem), null, null, null))));
		Request push = pushes().get(0);
		assertThat(push.parameter("client_assertion")).isNotBlank();
		assertThat(push.body().split("client_id=", -1)).hasSize(2);
	}

	@Test
	void loginWhenTokensAreBoundPushesTheThumbprintOfTheKey() {
		this.authorizationServer.requirePushedRequests().dpop("ES256");
		this.mcpServer.dpop(this.clock);
		assertThat(logIn(server()).isBound()).isTrue();
		assertThat(pushes().get(0).parameter("dpop_jkt")).isNotBlank();
	}

	@Test
	void loginWhenJoinedAfterTheAddressHasExpiredPushesTheSameRequestAgain() {
		this.authorizationServer.requirePushedRequests();
		LoginRun login = begin(server());
		URI first = login.authorizationUrl();
		assertThat(begin(server())).isSameAs(login);
		assertThat(login.authorizationUrl()).as("good for a while").isEqualTo(first);
		this.clock.advance(Duration.ofSeconds(61));
		assertThat(get(first).join().statusCode()).isEqualTo(400);
		assertThat(begin(server())).isSameAs(login);
		assertThat(login.authorizationUrl()).isNotEqualTo(first);
		assertThat(pushes()).hasSize(2).extracting(Request::form).containsOnly(pushes().get(0).form());
		consent(login);
		assertThat(end(login)).isEqualTo(grant());
	}

	@Test
	void loginWhenTheAddressCannotBeReplacedTellsTheCallerAndGoesOn() {
		this.authorizationServer.requirePushedRequests();
		LoginRun login = begin(server());
		this.clock.advance(Duration.ofSeconds(61));
		this.authorizationServer.http().next(TestAuthorizationServer.PAR, Answer.error(503, "temporarily_unavailable"));
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.UNAVAILABLE);
		assertThat(login.isOver()).isFalse();
		begin(server());
		consent(login);
		end(login);
	}

	@Test
	void loginWhenARegisteredClientIsForgottenRegistersAnotherBeforeTheUserIsAsked() {
		this.authorizationServer.requirePushedRequests();
		logIn(server());
		this.authorizationServer.removeClient(client().clientId());
		logIn(server());
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("Law 15 a request is pushed to no address that the policy refuses")
	void loginWhenTheEndpointIsNotAcceptableSendsNothing() {
		this.authorizationServer.requirePushedRequests()
			.metadata((members) -> members.put("pushed_authorization_request_endpoint", "http://192.0.2.1/par"));
		assertThat(beginFailing(server()))
			.hasMessageContaining("The pushed authorization request endpoint 'http://192.0.2.1/par' is plain http");
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.PROTOCOL);
	}

	@Test
	void loginWhenTheEndpointIsMissingSaysSo() {
		this.authorizationServer.requirePushedRequests()
			.metadata((members) -> members.remove("pushed_authorization_request_endpoint"));
		assertThat(beginFailing(server())).hasMessageContaining(
				"requires pushed authorization requests and does not say where its 'pushed_authorization_request_endpoint' is");
	}

	@Test
	@DisplayName("Law 21 a secret that is bound to another issuer is not sent")
	void loginWhenTheSecretIsBoundToAnotherIssuerPushesNothing() {
		this.authorizationServer.requirePushedRequests().client("app", "the-secret");
		McpServer server = server((settings) -> settings.clientId("app").clientSecret(Secret.of("the-secret")));
		this.store.bindIssuer(KEY, "https://other.example").block(PATIENCE);
		assertThat(beginFailing(server)).hasMessageContaining("https://other.example");
		assertThat(pushes()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"request_uri\": \"\"}", "{\"request_uri\": 1}", "{\"request_uri\": \"a b\"}",
			"[]", "<html>" })
	void loginWhenTheAnswerHasNoReferenceFails(String body) {
		this.authorizationServer.requirePushedRequests()
			.http()
			.handle(TestAuthorizationServer.PAR, Answer.of(201, "application/json", body));
		LoginException failure = beginFailing(server());
		assertThat(failure).hasMessageContaining("The pushed authorization request endpoint")
			.hasMessageContaining("answered 201");
	}

	@Test
	void loginWhenTheRequestIsRefusedRepeatsTheWordsOfTheServerWithoutSecrets() {
		this.authorizationServer.requirePushedRequests()
			.http()
			.handle(TestAuthorizationServer.PAR, (request) -> Answer.json(400, Map.of("error", "invalid_request",
					"error_description", "state " + request.parameter("state") + " is too long"))
				.answer(request));
		LoginException failure = beginFailing(server());
		assertThat(failure).hasMessageContaining("'invalid_request'");
		assertThat(failure.getMessage()).doesNotContain(Objects.requireNonNull(pushes().get(0).parameter("state")));
	}

	private List<Request> pushes() {
		return this.authorizationServer.http().requests(TestAuthorizationServer.PAR);
	}

	private static Map<String, String> parameters(URI url) {
		Map<String, String> parameters = new LinkedHashMap<>();
		for (String pair : url.getRawQuery().split("&")) {
			String[] parts = pair.split("=", 2);
			parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
		}
		return parameters;
	}

}
