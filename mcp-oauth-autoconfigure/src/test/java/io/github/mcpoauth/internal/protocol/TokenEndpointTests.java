// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import static io.github.mcpoauth.internal.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link TokenEndpoint}.
 */
class TokenEndpointTests {

	private static final String ISSUER = "https://as.example.com";

	private static final Secret CODE = Secret.of("the/code+1");

	private static final String REFRESH_TOKEN = "spend/me+once=0123456789";

	private static final String CLIENT_SECRET = "s3cret:+ %ä-0123456789";

	private static final OAuthClient PUBLIC = OAuthClient.configured("the client", null, null);

	private final TestHttpServer web = TestHttpServer.start();

	private final TestClock clock = TestClock.fixed();

	private final TokenEndpoint endpoint = new TokenEndpoint(new LoopbackClients(), ProtocolSettings.defaults(),
			this.clock);

	@AfterEach
	void stop() {
		this.web.close();
	}

	@Test
	void refreshWhenAnsweredRenewsTheGrant() {
		answer(200, """
				{"access_token": "new", "token_type": "bearer", "expires_in": 3600, "refresh_token": "rotated",
				 "scope": "a c", "not-before-policy": 0, "session_state": {}, "id_token": null}""");
		Grant grant = grant().mutate().additional(Map.of("kept", "along")).build();
		assertThat(refresh(grant)).isEqualTo(grant.mutate()
			.accessToken(Secret.of("new"))
			.refreshToken(Secret.of("rotated"))
			.issuedAt(this.clock.instant())
			.expiresAt(this.clock.instant().plusSeconds(3600))
			.scope(Set.of("a", "c"))
			.generation(8)
			.build());
		Request request = request();
		assertThat(request.method()).isEqualTo("POST");
		assertThat(request.header("Content-Type")).isEqualTo("application/x-www-form-urlencoded");
		assertThat(request.header("Content-Length")).isEqualTo(String.valueOf(request.body().length()));
		assertThat(request.header("Accept")).isEqualTo("application/json");
		assertThat(request.header("Authorization")).isNull();
		assertThat(request.form()).containsOnly(Map.entry("grant_type", List.of("refresh_token")),
				Map.entry("refresh_token", List.of(REFRESH_TOKEN)), Map.entry("client_id", List.of("the client")),
				Map.entry("resource", List.of("http://localhost:1/mcp")));
	}

	@Test
	void refreshWhenNotSubscribedSendsNothingAndWhenSubscribedTwiceSendsTwice() {
		answer(200, token());
		Mono<Grant> refresh = this.endpoint.refresh(server(), grant(), PUBLIC);
		assertThat(this.web.requests()).isEmpty();
		succeed(refresh);
		succeed(refresh);
		assertThat(this.web.requests()).hasSize(2);
	}

	@ParameterizedTest
	@DisplayName("F10 values that a refresh leaves out are carried forward")
	@ValueSource(strings = { "{'access_token': 'new', 'expires_in': 60}",
			"{'access_token': 'new', 'refresh_token': null, 'scope': null}",
			"{'access_token': 'new', 'refresh_token': '', 'scope': ''}",
			"{'access_token': 'new', 'refresh_token': 17, 'scope': {}}" })
	void refreshWhenTokenAndScopeAreLeftOutKeepsThem(String body) {
		answer(200, body.replace('\'', '"'));
		Grant renewed = refresh(grant());
		assertThat(renewed.refreshToken()).isEqualTo(Secret.of(REFRESH_TOKEN));
		assertThat(renewed.scope()).containsExactlyInAnyOrder("a", "b");
		assertThat(renewed.accessToken()).isEqualTo(Secret.of("new"));
		assertThat(renewed.resource()).isEqualTo("http://localhost:1/mcp");
		assertThat(renewed.issuer()).isEqualTo(ISSUER);
	}

	@ParameterizedTest
	@DisplayName("F10 a scope is read in whatever form it comes")
	@CsvSource(delimiter = '|', textBlock = """
			"a b"               | a b
			["a", "b"]          | a b
			["a b", "c", 1]     | a b c
			" a   b "           | a b
			""")
	void refreshWhenScopeHasAnotherFormReadsIt(String scope, String expected) {
		answer(200, "{\"access_token\": \"new\", \"scope\": " + scope + "}");
		assertThat(refresh(grant()).scope()).containsExactly(expected.split(" "));
	}

	@ParameterizedTest
	@CsvSource({ "200, application/json;charset=utf-8", "201, application/json", "200, text/plain", "200, text/html",
			"203, application/vnd.example+json", "200, what ever" })
	void refreshWhenStatusOrContentTypeIsOddReadsTheBody(int status, String contentType) {
		this.web.handle("/token", Answer.of(status, contentType, token()));
		assertThat(refresh(grant()).accessToken()).isEqualTo(Secret.of("new"));
	}

	@Test
	void refreshWhenAnswerIsAListOfOneObjectReadsIt() {
		answer(200, "[" + token() + "]");
		assertThat(refresh(grant()).accessToken()).isEqualTo(Secret.of("new"));
	}

	@ParameterizedTest
	@CsvSource({ ", Bearer", "bearer, Bearer", "BEARER, Bearer", "BearerToken, Bearer", "'', Bearer", "'a b', Bearer",
			"DPoP, DPoP", "mac, mac" })
	void refreshWhenTokenTypeIsOddAssumesBearerOrHonoursIt(@Nullable String type, String expected) {
		answer(200, (type != null) ? "{\"access_token\": \"new\", \"token_type\": \"" + type + "\"}"
				: "{\"access_token\": \"new\"}");
		assertThat(refresh(grant()).tokenType()).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "3600, 3600", "'\"3600\"', 3600", "'\" 3600 \"', 3600", "3599.9, 3599", "1, 1", "315360000, 315360000",
			"315360001, 315360000", "9223372036854775807, 315360000", "1e300, 315360000",
			"99999999999999999999999999, 315360000", "0, ", "-1, ", "null, ", "'\"soon\"', ", "'\"NaN\"', ", "[], ",
			"true, " })
	void refreshWhenLifetimeIsOddIsSensible(String lifetime, @Nullable Long expected) {
		answer(200, "{\"access_token\": \"new\", \"expires_in\": " + lifetime + "}");
		assertThat(refresh(grant()).expiresAt())
			.isEqualTo((expected != null) ? this.clock.instant().plusSeconds(expected) : null);
	}

	@Test
	void refreshWhenAnswerIsSlowCountsExpiryFromBeforeTheRequest() {
		Instant sentAt = this.clock.instant();
		this.web.handle("/token", (request) -> {
			this.clock.advance(Duration.ofSeconds(20));
			return Response.of(200, "application/json", "{\"access_token\": \"new\", \"expires_in\": 60}");
		});
		Grant renewed = refresh(grant());
		assertThat(renewed.issuedAt()).isEqualTo(sentAt);
		assertThat(renewed.expiresAt()).isEqualTo(sentAt.plusSeconds(60));
	}

	@ParameterizedTest
	@DisplayName("F8 5xx, 429, pages of HTML and redirects are transient")
	@CsvSource({ "500, text/html, <html>", "502, text/html, <html>", "503, application/json, {}", "504, text/plain, no",
			"429, text/html, slow", "403, text/html, <html>Blocked</html>", "404, text/html, <html>",
			"400, text/html, <html>", "400, application/json, []", "400, application/json, {}",
			"401, text/html, <html>", "307, text/html, <html>", "418, text/plain, ''",
			"400, application/json, '{\"status\": 400, \"error\": \"Bad Request\"}'",
			"403, application/json, '{\"status\": 403, \"error\": \"Forbidden\"}'",
			"500, application/json, '{\"status\": 500, \"error\": \"Internal Server Error\"}'",
			"500, application/json, '{\"error\": \"database_down\"}'",
			"429, application/json, '{\"error\": \"invalid_request\"}'",
			"302, application/json, '{\"error\": \"invalid_grant\"}'",
			"400, application/json, '{\"error\": \"temporarily_unavailable\"}'",
			"200, application/json, '{\"error\": \"server_error\"}'",
			"400, application/json, '{\"error\": \"slow_down\"}'" })
	void refreshWhenAnswerSaysNothingAboutTheGrantIsUnavailable(int status, String contentType, String body) {
		this.web.handle("/token", Answer.of(status, contentType, body));
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class)
			.hasMessageStartingWith("The token endpoint '" + this.web.url("/token") + "' answered ")
			.hasMessageContaining(String.valueOf(status));
	}

	@ParameterizedTest
	@DisplayName("F8 Retry-After is honoured in both forms and bounded")
	@CsvSource({ "503, 120, PT2M", "429, 5, PT5S", "503, 99999999999999, P1D", "403, 7, PT7S", "503, 0, ", "503, -5, ",
			"503, soon, ", "503, '', ", "503, 'Wed, 21 Oct 2015 07:28:00 GMT', " })
	void refreshWhenToldToRetryLaterSaysWhen(int status, String header, @Nullable Duration expected) {
		this.web.handle("/token", Answer.of(Response.of(status, "text/html", "later").header("Retry-After", header)));
		assertThat(fail(grant())).isInstanceOfSatisfying(UnavailableException.class,
				(ex) -> assertThat(ex.retryAfter()).isEqualTo(expected));
	}

	@ParameterizedTest
	@DisplayName("F9 an error code counts whatever the status")
	@CsvSource({ "400, invalid_grant", "200, invalid_grant", "500, invalid_grant", "403, invalid_grant",
			"401, invalid_client", "401, unauthorized_client", "400, not_allowed", "400, invalid_target",
			"200, bad_refresh_token", "404, invalid_request", "400, https://as.example.com/errors/1" })
	void refreshWhenErrorCodeIsParsedIsRejected(int status, String code) {
		this.web.handle("/token", Answer.json(status, Map.of("error", code, "error_description", "Stale 'token'\r\n")));
		assertThat(fail(grant())).isInstanceOfSatisfying(RefusedException.class, (ex) -> {
			assertThat(ex.errorCode()).isEqualTo(code);
			assertThat(ex.is(code)).isTrue();
			assertThat(ex.status()).isEqualTo(status);
		})
			.hasMessage("The token endpoint '%s' answered '%s' ('Stale \"token\"')", this.web.url("/token"), code)
			.hasMessageNotContaining("\n");
	}

	@ParameterizedTest
	@DisplayName("F44: a redirect on the same origin gets the same request again")
	@ValueSource(ints = { 307, 308 })
	void refreshWhenRedirectedOnTheSameOriginSendsTheBodyAgain(int status) {
		this.web.handle("/token", Answer.of(Response.of(status, "text/html", "").header("Location", "/v2/token?a=b")));
		this.web.handle("/v2/token", Answer.json(200, Map.of("access_token", "new")));
		assertThat(refresh(grant()).accessToken()).isEqualTo(Secret.of("new"));
		assertThat(this.web.requests().get(1).form()).isEqualTo(this.web.requests().get(0).form());
	}

	@ParameterizedTest
	@DisplayName("F44: a redirect to another origin, or in a circle, is not followed")
	@ValueSource(ints = { 307, 308 })
	void refreshWhenRedirectedElsewhereSaysWhere(int status) {
		try (TestHttpServer other = TestHttpServer.start()) {
			String location = other.url("/token").toString();
			this.web.handle("/token", Answer.of(Response.of(status, "text/html", "").header("Location", location)));
			assertThat(fail(grant()))
				.isInstanceOfSatisfying(UnavailableException.class,
						(ex) -> assertThat(ex.meaning()).isEqualTo(UnavailableException.Meaning.NO_ENDPOINT))
				.hasMessage(
						"The token endpoint '%s' answered %d to '%s', and redirects to another origin are not followed",
						this.web.url("/token"), status, location);
			assertThat(other.requests()).isEmpty();
		}
		this.web.handle("/token", Answer.of(Response.of(status, "text/html", "").header("Location", "/token")));
		assertThat(fail(grant())).hasMessageContaining("too many redirects");
		assertThat(this.web.count("/token")).isEqualTo(5);
	}

	@ParameterizedTest
	@DisplayName("F42: a standard error code is found wherever a server puts it")
	@CsvSource({ "400, '{\"error\": {\"code\": \"invalid_grant\"}}'",
			"400, '{\"error\": {\"type\": \"INVALID_GRANT\", \"message\": \"expired\"}}'",
			"401, '[{\"errorCode\": \"invalid_grant\", \"message\": \"expired\"}]'",
			"200, '{\"ok\": false, \"code\": \"invalid-grant\"}'",
			"403, '{\"errors\": [{\"reason\": \"invalidGrant\"}]}'",
			"400, 'error=invalid_grant&error_description=expired'",
			"200, 'error=invalid_grant&error_description=expired'" })
	void refreshWhenErrorCodeIsElsewhereIsRejected(int status, String body) {
		this.web.handle("/token", Answer.of(status, "text/plain", body));
		assertThat(fail(grant())).isInstanceOfSatisfying(RefusedException.class,
				(ex) -> assertThat(ex.is("invalid_grant")).isTrue());
	}

	@ParameterizedTest
	@DisplayName("F42: a refusal in words of the server keeps them and is told from an outage")
	@CsvSource({ "401, application/json, '[{\"message\": \"Session gone\", \"errorCode\": \"NO_SESSION\"}]', OWN_WORDS",
			"400, application/json, '{\"error\": {\"message\": \"Session gone\"}}', OWN_WORDS",
			"400, application/json, '{\"error\": \"Session gone\"}', OWN_WORDS",
			"403, text/plain, Session gone, OWN_WORDS", "403, text/html, <html><title>Session gone</title>, OUTAGE",
			"503, text/plain, Session gone, OUTAGE", "429, text/plain, Session gone, OUTAGE",
			"404, text/plain, Session gone, NO_ENDPOINT", "410, text/plain, Session gone, NO_ENDPOINT" })
	void refreshWhenRefusedInWordsKeepsThem(int status, String contentType, String body,
			UnavailableException.Meaning meaning) {
		this.web.handle("/token", Answer.of(status, contentType, body));
		assertThat(fail(grant()))
			.isInstanceOfSatisfying(UnavailableException.class, (ex) -> assertThat(ex.meaning()).isEqualTo(meaning))
			.hasMessageContaining("'Session gone'");
	}

	@ParameterizedTest
	@DisplayName("Law 5: a code that does not stand in a place for error codes is doubt")
	@CsvSource({ "400, '{\"status\": \"BAD_REFRESH_TOKEN\", \"message\": \"stale\"}'",
			"401, '[{\"errorCode\": \"INVALID_REFRESH_TOKEN\", \"message\": \"stale\"}]'",
			"400, '{\"data\": {\"status\": \"invalid_grant\"}, \"message\": \"stale\"}'",
			"400, '{\"request\": {\"type\": \"invalid_client\"}, \"message\": \"stale\"}'",
			"400, '{\"names\": [\"invalid_grant\"], \"message\": \"stale\"}'",
			"400, '{\"error\": {\"type\": \"invalid_request\", \"message\": \"stale\"}}'" })
	void refreshWhenErrorCodeIsInAnotherPlaceIsRefusedAndMayPass(int status, String body) {
		answer(status, body);
		assertThat(fail(grant()))
			.isInstanceOfSatisfying(UnavailableException.class,
					(ex) -> assertThat(ex.meaning()).isEqualTo(UnavailableException.Meaning.OWN_WORDS))
			.hasMessageContaining("'stale'");
	}

	@ParameterizedTest
	@DisplayName("F50: a code in capitals counts, the name of a status does not")
	@CsvSource({ "INVALID_GRANT, true", "BAD_REFRESH_TOKEN, true", "BAD_REQUEST, false", "UNAUTHORIZED, false",
			"INTERNAL_SERVER_ERROR, false" })
	void refreshWhenErrorCodeIsInCapitalsIsRejected(String code, boolean rejected) {
		this.web.handle("/token", Answer.json(400, Map.of("error", code)));
		assertThat(fail(grant())).isInstanceOf(rejected ? RefusedException.class : UnavailableException.class);
	}

	@ParameterizedTest
	@DisplayName("F42: tokens are found in whatever shape a server gives them")
	@ValueSource(strings = {
			"{\"access_token\": \"new \", \"refresh_token\": \"next\\n\", \"scope\": \"a,b\", \"expires_in\": \"60 \"}",
			"{\"ok\": true, \"authed_user\": {\"access_token\": \"new\", \"refresh_token\": \"next\", \"scope\": [\"a\", \"b\"], \"expires_in\": 60.0}}",
			"{\"accessToken\": \"new\", \"refreshToken\": \"next\", \"scopes\": [\"a b\"], \"expiresIn\": 60}",
			"access_token=new&refresh_token=next&scope=a%2Cb&expires_in=60&token_type=bearer" })
	void refreshWhenTokensHaveAnotherShapeReadsThem(String body) {
		answer(200, body);
		Grant renewed = refresh(grant());
		assertThat(renewed.accessToken()).isEqualTo(Secret.of("new"));
		assertThat(renewed.refreshToken()).isEqualTo(Secret.of("next"));
		assertThat(renewed.scope()).containsExactly("a", "b");
		assertThat(renewed.expiresAt()).isEqualTo(this.clock.instant().plusSeconds(60));
	}

	@ParameterizedTest
	@DisplayName("F41: a token is sent as Bearer unless it is bound, whatever its type is called")
	@ValueSource(strings = { "user", "access_token", "JWT", "mac", "BearerToken" })
	void refreshWhenTokenTypeIsOddSendsBearer(String type) {
		answer(200, "{\"access_token\": \"new\", \"token_type\": \"" + type + "\"}");
		assertThat(refresh(grant()).toAccessToken().authorizationHeader()).isEqualTo("Bearer new");
	}

	@Test
	@DisplayName("F56: a server that asks for client_id beside Basic gets it, and the grant remembers")
	void refreshWhenServerAsksForClientIdSendsIt() {
		this.web.handle("/token",
				(request) -> request.form().containsKey("client_id")
						? Response.of(200, "application/json", "{\"access_token\": \"new\"}")
						: Response.of(400, "application/json",
								"{\"error\": \"invalid_request\", \"error_description\": \"client_id is required\"}"));
		Grant renewed = succeed(this.endpoint.refresh(server(), grant(), confidential()));
		assertThat(this.web.requests().get(1).header("Authorization")).startsWith("Basic ");
		TokenEndpoint another = new TokenEndpoint(new LoopbackClients(), ProtocolSettings.defaults(), this.clock);
		succeed(another.refresh(server(), renewed, confidential()));
		assertThat(this.web.count("/token")).isEqualTo(3);
	}

	@Test
	@DisplayName("F9 an error code in capital letters is still one of RFC 6749")
	void refreshWhenErrorCodeIsInCapitalsIsRejected() {
		this.web.handle("/token", Answer.error(400, "INVALID_GRANT"));
		assertThat(fail(grant())).isInstanceOfSatisfying(RefusedException.class,
				(ex) -> assertThat(ex.is("invalid_grant")).isTrue());
	}

	@ParameterizedTest
	@DisplayName("F9 never a grant without an access token")
	@ValueSource(strings = { "", "null", "[]", "17", "<html>ok</html>", "{", "{}", "{\"access_token\": null}",
			"{\"access_token\": \"\"}", "{\"access_token\": \" \"}", "{\"access_token\": 17}",
			"{\"access_token\": [\"a\"]}", "{\"access_token\": \"a\\r\\nX-Injected: b\"}",
			"{\"access_token\": \"a\\u0000\"}", "{\"access_token\": \"caf\\u00e9\"}", "{\"token\": \"new\"}",
			"{\"access_token\": \"new\"} and more" })
	void refreshWhenSuccessHasNoUsableTokenIsUnavailable(String body) {
		answer(200, body);
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class)
			.hasMessageStartingWith("The token endpoint '" + this.web.url("/token") + "' answered 200");
	}

	@Test
	void refreshWhenJsonIsNestedDeeplyIsUnavailable() {
		answer(200, "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class);
	}

	@Test
	void refreshWhen401IsEmptySpeaksOfTheClient() {
		this.web.handle("/token", Answer.status(401));
		assertThat(fail(grant())).isInstanceOfSatisfying(RefusedException.class, (ex) -> {
			assertThat(ex.errorCode()).isEqualTo("invalid_client");
			assertThat(ex.status()).isEqualTo(401);
		});
	}

	@Test
	void refreshWhen401ChallengesTheClientSpeaksOfTheClient() {
		this.web.handle("/token", Answer
			.of(Response.of(401, "text/html", "<html>").header("WWW-Authenticate", "Basic realm=\"clients\"")));
		assertThat(fail(grant())).isInstanceOfSatisfying(RefusedException.class,
				(ex) -> assertThat(ex.errorCode()).isEqualTo("invalid_client"));
	}

	@Test
	@DisplayName("Law 5 a connection that was never made is transient")
	void refreshWhenNobodyListensIsUnavailable() {
		this.web.close();
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class)
			.hasMessageStartingWith("The token endpoint '" + this.web.url("/token") + "' cannot be reached: ");
	}

	@Test
	@DisplayName("Law 5 a host that has no address is transient")
	void refreshWhenHostIsUnknownIsUnavailable() {
		McpServer server = McpServer.of("github", URI.create("https://mcp.example.com/mcp"));
		Grant grant = grant().mutate().tokenEndpoint(URI.create("https://as.invalid/token")).build();
		assertThat(failure(this.endpoint.refresh(server, grant, PUBLIC))).isInstanceOf(UnavailableException.class);
	}

	@Test
	@DisplayName("Law 5 a connection cut after the request leaves the outcome open")
	void refreshWhenConnectionIsClosedWithoutAnswerIsUnknown() {
		this.web.handle("/token", Answer.dropped());
		assertThat(fail(grant())).isInstanceOf(UnknownOutcomeException.class)
			.hasMessageStartingWith("The token endpoint '" + this.web.url("/token") + "' did not answer completely: ");
	}

	@Test
	@DisplayName("Law 5 an answer cut in the middle leaves the outcome open")
	void refreshWhenAnswerIsTruncatedIsUnknown() {
		this.web.handle("/token", Answer.of(Response.of(200, "application/json", token()).truncated()));
		assertThat(fail(grant())).isInstanceOf(UnknownOutcomeException.class);
	}

	@Test
	@DisplayName("Law 5 a 503 is a 503 even if its page is cut")
	void refreshWhenErrorPageIsTruncatedIsUnavailable() {
		this.web.handle("/token", Answer.of(Response.of(503, "text/html", "<html>").truncated()));
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class);
	}

	@Test
	@DisplayName("F1 a request is never sent twice, not even after a reset")
	void refreshWhenConnectionIsResetSendsOnceAndIsUnknown() {
		try (RawServer server = RawServer.resetting()) {
			Grant grant = grant().mutate().tokenEndpoint(server.url("/token")).build();
			assertThat(fail(grant)).isInstanceOf(UnknownOutcomeException.class);
			assertThat(server.requests()).isEqualTo(1);
		}
	}

	@Test
	@DisplayName("Law 15 a server that takes too long is not waited for, and the outcome is open")
	void refreshWhenServerHangsIsUnknown() {
		TestHttpServer.Hold hold = this.web.handle("/token", Answer.status(200)).hold("/token");
		assertThat(failure(impatient().refresh(server(), grant(), PUBLIC))).isInstanceOf(UnknownOutcomeException.class)
			.hasMessage("The token endpoint '%s' did not answer within PT0.5S", this.web.url("/token"));
		hold.release();
	}

	@Test
	@DisplayName("Law 15 a body that never ends is not waited for")
	void refreshWhenBodyNeverEndsIsUnknown() {
		this.web.handle("/token", Answer.of(Response.stream("application/json", "{\"access_token\": ")));
		assertThat(failure(impatient().refresh(server(), grant(), PUBLIC))).isInstanceOf(UnknownOutcomeException.class);
	}

	@Test
	@DisplayName("Law 15 a body above the limit is a named failure")
	void refreshWhenBodyIsTooLongIsUnavailable() {
		answer(200, "{\"access_token\": \"new\", \"padding\": \"" + "x".repeat(1024 * 1024) + "\"}");
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class)
			.hasMessage("The token endpoint '%s' answered more than 1048576 bytes", this.web.url("/token"));
	}

	@ParameterizedTest
	@DisplayName("Law 15 a redirect that would lose the body is not followed")
	@ValueSource(ints = { 301, 302, 303 })
	void refreshWhenRedirectedDoesNotFollow(int status) {
		String location = this.web.url("/elsewhere").toString();
		this.web.handle("/token", Answer.of(Response.of(status, "text/html", "").header("Location", location)));
		assertThat(fail(grant())).isInstanceOf(UnavailableException.class)
			.hasMessage("The token endpoint '%s' answered %d to '%s', and redirects are not followed",
					this.web.url("/token"), status, location);
		assertThat(this.web.count("/elsewhere")).isZero();
	}

	@ParameterizedTest
	@DisplayName("Law 15 nothing is sent to an address that the policy refuses")
	@ValueSource(strings = { "javascript:alert(1)", "file:///etc/passwd", "ftp://127.0.0.1/token",
			"http://as.example.com/token", "https://user:pw@as.example.com/token", "https://10.0.0.1/token",
			"https://as.example.com/token#f", "/token" })
	void refreshWhenEndpointIsNotAcceptableIsUnusable(String url) {
		Grant grant = grant().mutate().tokenEndpoint(URI.create(url)).build();
		assertThat(fail(grant)).isInstanceOf(UnusableException.class)
			.hasMessageStartingWith("The token endpoint '" + url + "' ");
	}

	@ParameterizedTest
	@DisplayName("F16 the resource goes along byte for byte")
	@ValueSource(strings = { "http://localhost:1", "http://localhost:1/", "http://localhost:1/mcp/",
			"HTTP://LOCALHOST:1/mcp", "http://localhost:1/a%2fb/%C3%A4?q=1&r=%20+x", "http://localhost:1/mcp//x" })
	void refreshWhenGrantHasResourceSendsItByteForByte(String resource) {
		answer(200, token());
		Grant renewed = refresh(grant().mutate().resource(resource).build());
		assertThat(request().parameter("resource")).isEqualTo(resource);
		assertThat(renewed.resource()).isEqualTo(resource);
	}

	@Test
	@DisplayName("F16 a refused resource is remembered and not sent again")
	void refreshWhenResourceWasRefusedSendsNone() {
		answer(200, token());
		Grant renewed = refresh(grant().mutate().resourceRefused(true).build());
		assertThat(request().parameter("resource")).isNull();
		assertThat(renewed.resourceRefused()).isTrue();
		assertThat(renewed.resource()).isEqualTo("http://localhost:1/mcp");
	}

	@Test
	@DisplayName("F16 the settings can switch the resource off")
	void refreshWhenSettingsSayNoResourceSendsNone() {
		answer(200, token());
		succeed(this.endpoint.refresh(server(OAuthSettings.builder().sendResource(false).build()), grant(), PUBLIC));
		assertThat(request().parameter("resource")).isNull();
	}

	@Test
	@DisplayName("F36 a User-Agent is sent")
	void refreshWhenUserAgentIsNotSetSendsNameAndVersion() {
		answer(200, token());
		refresh(grant());
		assertThat(request().header("User-Agent")).matches("mcp-oauth/\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
	}

	@Test
	@DisplayName("F36 the User-Agent of the settings is sent")
	void refreshWhenUserAgentIsSetSendsIt() {
		answer(200, token());
		succeed(this.endpoint.refresh(server(OAuthSettings.builder().userAgent("Agent/1 (x)").build()), grant(),
				PUBLIC));
		assertThat(request().header("User-Agent")).isEqualTo("Agent/1 (x)");
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			-,                   -,        basic
			client_secret_basic, -,        basic
			client_secret_post,  -,        post
			none,                -,        none
			-,                   client_secret_post, post
			client_secret_basic, client_secret_post, basic
			""")
	void refreshWhenClientHasSecretAuthenticatesAsItDidBefore(@Nullable String method, @Nullable String remembered,
			String expected) {
		answer(200, token());
		OAuthClient client = OAuthClient.configured("the client", Secret.of(CLIENT_SECRET), method);
		Map<String, Object> additional = (remembered != null) ? Map.of("token_endpoint_auth_method", remembered)
				: Map.of();
		succeed(this.endpoint.refresh(server(), grant().mutate().additional(additional).build(), client));
		assertAuthenticated(expected);
	}

	@ParameterizedTest
	@CsvSource(nullValues = "-", textBlock = """
			-,                   '',                                     basic
			-,                   client_secret_basic client_secret_post, basic
			-,                   client_secret_post client_secret_basic, basic
			-,                   client_secret_post private_key_jwt,     post
			-,                   none,                                   none
			-,                   private_key_jwt,                        basic
			client_secret_post,  client_secret_basic,                    post
			client_secret_basic, none,                                   basic
			""")
	void exchangeWhenClientHasSecretAuthenticatesAsBothSupport(@Nullable String method, String supported,
			String expected) {
		answer(200, token());
		OAuthClient client = OAuthClient.configured("the client", Secret.of(CLIENT_SECRET), method);
		List<String> list = supported.isEmpty() ? List.of() : List.of(supported.split(" "));
		Grant grant = succeed(this.endpoint.exchange(server(), exchange("http://localhost:1/mcp", list), CODE, client));
		assertAuthenticated(expected);
		this.web.forget();
		succeed(this.endpoint.refresh(server(), grant.mutate().refreshToken(Secret.of("r")).build(), client));
		assertAuthenticated(expected);
	}

	private void assertAuthenticated(String method) {
		Request request = request();
		boolean basic = "basic".equals(method);
		String credentials = "the+client:s3cret%3A%2B+%25%C3%A4-0123456789";
		assertThat(request.header("Authorization")).isEqualTo(basic
				? "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)) : null);
		assertThat(request.parameter("client_id")).isEqualTo(basic ? null : "the client");
		assertThat(request.parameter("client_secret")).isEqualTo("post".equals(method) ? CLIENT_SECRET : null);
	}

	@Test
	void refreshWhenAuthMethodIsNotSupportedSaysSo() {
		OAuthClient client = OAuthClient.configured("the client", Secret.of(CLIENT_SECRET), "client_secret_jwt");
		assertThat(failure(this.endpoint.refresh(server(), grant(), client))).isInstanceOf(UnusableException.class)
			.hasMessageContaining("'client_secret_jwt', which is not supported");
		assertThat(this.web.requests()).isEmpty();
	}

	@Test
	void refreshWhenAuthMethodNeedsASecretAndThereIsNoneSaysSo() {
		OAuthClient client = OAuthClient.configured("the client", null, "client_secret_basic");
		assertThat(failure(this.endpoint.refresh(server(), grant(), client))).isInstanceOf(UnusableException.class)
			.hasMessageContaining("has no secret");
		assertThat(this.web.requests()).isEmpty();
	}

	@Test
	void refreshWhenClientIsOfAnotherIssuerSendsNothing() {
		OAuthClient client = OAuthClient.with("the client", OAuthClient.Origin.REGISTERED).issuer(ISSUER + "/").build();
		assertThat(failure(this.endpoint.refresh(server(), grant(), client))).isInstanceOf(UnusableException.class)
			.hasMessageContaining("'https://as.example.com/' and is not used at 'https://as.example.com'");
		assertThat(this.web.requests()).isEmpty();
	}

	@Test
	void exchangeWhenAnsweredMakesAGrant() {
		answer(201, """
				{"access_token": "new", "token_type": "Bearer", "expires_in": "60", "refresh_token": "first"}""");
		Grant grant = succeed(
				this.endpoint.exchange(server(), exchange("http://localhost:1/mcp", List.of()), CODE, PUBLIC));
		assertThat(grant).isEqualTo(Grant.with(Secret.of("new"))
			.refreshToken(Secret.of("first"))
			.issuedAt(this.clock.instant())
			.expiresAt(this.clock.instant().plusSeconds(60))
			.scope(Set.of("a", "b"))
			.issuer(ISSUER)
			.tokenEndpoint(this.web.url("/token"))
			.clientId("the client")
			.resource("http://localhost:1/mcp")
			.additional(Map.of("token_endpoint_auth_method", "none", Grant.REQUESTED_SCOPE,
					String.join(" ", Set.of("a", "b"))))
			.build());
		assertThat(request().form()).containsOnly(Map.entry("grant_type", List.of("authorization_code")),
				Map.entry("code", List.of("the/code+1")),
				Map.entry("code_verifier", List.of("verifier-verifier-verifier-verifier-0123456789")),
				Map.entry("redirect_uri", List.of("http://127.0.0.1:4711/callback?x=1")),
				Map.entry("client_id", List.of("the client")),
				Map.entry("resource", List.of("http://localhost:1/mcp")));
	}

	@Test
	void exchangeWhenScopeIsNarrowedSaysSo() {
		answer(200, "{\"access_token\": \"new\", \"scope\": \"a\"}");
		Grant grant = succeed(this.endpoint.exchange(server(), exchange(null, List.of()), CODE, PUBLIC));
		assertThat(grant.scope()).containsExactly("a");
		assertThat(grant.refreshToken()).isNull();
		assertThat(grant.resource()).isNull();
		assertThat(request().parameter("resource")).isNull();
	}

	@ParameterizedTest
	@DisplayName("F55: assertions go by the server's clock after it has refused one")
	@ValueSource(longs = { -10, 10 })
	void refreshWhenTheServersClockIsAnotherSignsByIt(long minutes) throws JOSEException {
		ECKey key = new ECKeyGenerator(Curve.P_256).generate();
		OAuthClient client = Objects.requireNonNull(OAuthClient.preRegistered(OAuthSettings.builder()
			.clientId("signer")
			.signingKey(new SigningKey(Secret.of(key.toJSONString()), null, null, null))
			.build()));
		TokenEndpoint early = new TokenEndpoint(new LoopbackClients(), ProtocolSettings.defaults(),
				Clock.offset(Clock.systemUTC(), Duration.ofMinutes(minutes)));
		try (TestAuthorizationServer server = TestAuthorizationServer.start()) {
			server.signingClient("signer", key.toECPublicKey());
			Grant renewed = succeed(early.refresh(server(), server.issue("signer", null), client));
			assertThat(server.http().requests(TestAuthorizationServer.TOKEN)).hasSize(2);
			succeed(early.refresh(server(), renewed, client));
			assertThat(server.http().requests(TestAuthorizationServer.TOKEN)).as("its time is known now").hasSize(3);
		}
	}

	@Test
	void exchangeWhenCodeIsRefusedIsRejected() {
		this.web.handle("/token", Answer.error(400, "invalid_grant"));
		assertThat(failure(this.endpoint.exchange(server(), exchange(null, List.of()), CODE, PUBLIC)))
			.isInstanceOf(RefusedException.class);
	}

	@ParameterizedTest
	@DisplayName("F32 no secret gets into a message, whatever the server answers")
	@CsvSource({ "400, invalid_grant", "401, invalid_client", "503, oops", "200, bad_refresh_token" })
	void refreshWhenServerRepeatsSecretsTakesThemOut(int status, String code) {
		this.web.handle("/token", (request) -> {
			Map<String, Object> members = new LinkedHashMap<>();
			members.put("error", code);
			members.put("error_description",
					"Token " + request.parameter("refresh_token") + " (" + REFRESH_TOKEN.substring(0, 12) + "..) of "
							+ request.header("Authorization") + " sent " + request.body());
			return Response.json(status, members)
				.header("Content-Type", "text/" + REFRESH_TOKEN)
				.header("Location", "https://as.example.com/?" + request.body());
		});
		assertNoSecret(failure(this.endpoint.refresh(server(), grant(), confidential())));
	}

	@Test
	@DisplayName("F32 a secret as error code is no error code")
	void refreshWhenErrorCodeIsTheSecretIsUnavailable() {
		String lowerCase = "0123456789abcdef0123456789abcdef";
		this.web.handle("/token", Answer.error(400, lowerCase));
		Grant grant = grant().mutate().refreshToken(Secret.of(lowerCase)).build();
		assertThat(fail(grant)).isInstanceOf(UnavailableException.class).hasMessageNotContaining("01234567");
	}

	@Test
	@DisplayName("F32 a secret in what is not even HTTP does not get out")
	void refreshWhenAnswerIsNotHttpTakesSecretsOut() {
		try (RawServer server = RawServer
			.answering((request) -> request.substring(request.indexOf("\r\n\r\n") + 4) + REFRESH_TOKEN + "\r\n\r\n")) {
			Grant grant = grant().mutate().tokenEndpoint(server.url("/token")).build();
			Throwable failure = failure(this.endpoint.refresh(server(), grant, confidential()));
			assertThat(failure).isInstanceOf(UnknownOutcomeException.class);
			assertNoSecret(failure);
		}
	}

	@Test
	@DisplayName("F32 no secret gets into a log, at any level")
	void refreshWhenEverythingIsLoggedLogsNoSecret() {
		Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
		Level level = root.getLevel();
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		appender.start();
		root.addAppender(appender);
		root.setLevel(Level.TRACE);
		try {
			answer(200, "{\"access_token\": \"new-access-token-0123456789\", \"refresh_token\": \"" + REFRESH_TOKEN
					+ "\"}");
			succeed(this.endpoint.refresh(server(), grant(), confidential()));
		}
		finally {
			root.setLevel(level);
			root.detachAppender(appender);
		}
		String log = List.copyOf(appender.list)
			.stream()
			.map(ILoggingEvent::getFormattedMessage)
			.collect(Collectors.joining("\n"));
		assertThat(log).contains("HTTP POST").doesNotContain("me+once", "me%2Bonce", "new-access-token", "s3cret");
	}

	private static void assertNoSecret(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			assertThat(String.valueOf(cause.getMessage())).doesNotContainIgnoringCase("spend/me", "me%2Fme", "spend%2F",
					"+once", "23456789", "s3cret", "dGhlK2NsaWVudD",
					Base64.getEncoder()
						.encodeToString("the+client:".getBytes(StandardCharsets.UTF_8))
						.substring(0, 12));
		}
	}

	private static OAuthClient confidential() {
		return OAuthClient.configured("the client", Secret.of(CLIENT_SECRET), null);
	}

	private AuthorizationRequest exchange(@Nullable String resource, List<String> authMethodsSupported) {
		return new AuthorizationRequest(URI.create("https://as.example.com/authorize"), Map.of(),
				new TokenAudience(ISSUER, this.web.url("/token"), authMethodsSupported, resource, Set.of("a", "b"),
						null),
				false, URI.create("http://127.0.0.1:4711/callback?x=1"), Secret.of("state"),
				Secret.of("verifier-verifier-verifier-verifier-0123456789"));
	}

	private Grant refresh(Grant grant) {
		return succeed(this.endpoint.refresh(server(), grant, PUBLIC));
	}

	private Throwable fail(Grant grant) {
		return failure(this.endpoint.refresh(server(), grant, PUBLIC));
	}

	private static <T> T succeed(Mono<T> mono) {
		return mono.blockOptional(PATIENCE).orElseThrow();
	}

	private static Throwable failure(Mono<?> mono) {
		return catchThrowable(() -> mono.block(PATIENCE));
	}

	private TokenEndpoint impatient() {
		ProtocolSettings settings = new ProtocolSettings(Duration.ofMillis(500), Duration.ofMillis(500), 1000, false);
		return new TokenEndpoint(new LoopbackClients(), settings, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
	}

	private static McpServer server() {
		return server(OAuthSettings.defaults());
	}

	private static McpServer server(OAuthSettings settings) {
		return new McpServer("github", URI.create("http://localhost:1/mcp"), settings);
	}

	private Grant grant() {
		return Grant.with(Secret.of("old"))
			.refreshToken(Secret.of(REFRESH_TOKEN))
			.issuer(ISSUER)
			.tokenEndpoint(this.web.url("/token"))
			.clientId("the client")
			.resource("http://localhost:1/mcp")
			.scope(Set.of("a", "b"))
			.generation(7)
			.build();
	}

	private static String token() {
		return "{\"access_token\": \"new\", \"token_type\": \"Bearer\"}";
	}

	private void answer(int status, String body) {
		this.web.handle("/token", Answer.of(status, "application/json", body));
	}

	private Request request() {
		assertThat(this.web.requests()).hasSize(1);
		return this.web.requests().get(0);
	}

}
