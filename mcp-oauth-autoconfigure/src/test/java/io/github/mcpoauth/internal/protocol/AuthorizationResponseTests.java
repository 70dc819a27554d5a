// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.github.mcpoauth.Secret;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link AuthorizationResponse}.
 */
class AuthorizationResponseTests {

	private static final String ISSUER = "https://as.example.com";

	private static final String STATE = "the-state-0123456789";

	private static final AuthorizationRequest REQUEST = request(false);

	private static final AuthorizationRequest PROMISED = request(true);

	@ParameterizedTest
	@ValueSource(strings = { "code=a%2Fb%2B1&state=the-state-0123456789",
			"state=the-state-0123456789&code=a%2Fb%2B1&x=1&x=2", "?code=a%2Fb%2B1&state=the-state-0123456789",
			"  ?code=a%2Fb%2B1&state=the-state-0123456789\n",
			"http://127.0.0.1:4711/callback?code=a%2Fb%2B1&state=the-state-0123456789",
			"https://proxy.example.com/cb?x=y&code=a%2Fb%2B1&state=the-state-0123456789#_=_",
			"/callback?code=a%2Fb%2B1&state=the-state-0123456789",
			"code=a%2Fb%2B1&state=the-state-0123456789&iss=" + "https%3A%2F%2Fas.example.com" })
	void codeWhenRedirectUrlOrQueryIsPastedTakesIt(String pasted) {
		AuthorizationResponse response = AuthorizationResponse.ofPasted(pasted);
		assertThat(response.answers(REQUEST)).isTrue();
		assertThat(response.code(REQUEST)).isEqualTo(Secret.of("a/b+1"));
		assertThat(response).asString().doesNotContain("a/b");
	}

	@ParameterizedTest
	@CsvSource({ "4/0AX4XfWh_abc-1.2~3, 4/0AX4XfWh_abc-1.2~3", "' padded ', padded", "abc==, abc==", "4%2F0AX, 4/0AX",
			"a+b, a+b", "100%, 100%", "a%ZZb, a%ZZb" })
	void codeWhenBareCodeIsPastedTakesIt(String pasted, String code) {
		AuthorizationResponse response = AuthorizationResponse.ofPasted(pasted);
		assertThat(response.answers(REQUEST)).isTrue();
		assertThat(response.code(REQUEST)).isEqualTo(Secret.of(code));
	}

	@Test
	@DisplayName("RFC 9207: a bare code says nothing of its issuer where that was promised")
	void codeWhenBareCodeIsPastedAndIssuerIsPromisedAsksForTheUrl() {
		AuthorizationResponse response = AuthorizationResponse.ofPasted("abc");
		assertThatIllegalArgumentException().isThrownBy(() -> response.code(PROMISED))
			.withMessageContaining("the whole redirect URL is needed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "two words", "caf\u00e9", "http://127.0.0.1:4711/callback",
			"http://127.0.0.1:4711/callback?", "http://127.0.0.1:4711/callback?state=the-state-0123456789",
			"http://127.0.0.1:4711/callback#code=a&state=the-state-0123456789", "code=&state=x", "state=x", "error=",
			"https://as.example.com/authorize?response_type=code&client_id=x&state=the-state-0123456789" })
	void ofPastedWhenTextIsNeitherCodeNorErrorIsIllegal(String pasted) {
		assertThatIllegalArgumentException().isThrownBy(() -> AuthorizationResponse.ofPasted(pasted));
	}

	@Test
	void ofPastedWhenTextIsEndlessIsIllegal() {
		assertThatIllegalArgumentException().isThrownBy(() -> AuthorizationResponse.ofPasted("a".repeat(100_000)));
	}

	@Test
	void ofQueryWhenThereIsNoneIsIllegal() {
		assertThatIllegalArgumentException().isThrownBy(() -> AuthorizationResponse.ofQuery(null));
		assertThatIllegalArgumentException().isThrownBy(() -> AuthorizationResponse.ofQuery(""));
		assertThatIllegalArgumentException().isThrownBy(() -> AuthorizationResponse.ofQuery("abc"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "code=a", "code=a&state=", "code=a&state=other", "code=a&state=the-state-0123456789x",
			"code=a&state=THE-STATE-0123456789", "code=a&state=other&state=the-state-0123456789", "error=access_denied",
			"error=access_denied&state=other" })
	@DisplayName("The state must be the request's, on success and error alike")
	void codeWhenStateIsAnotherIsUnusable(String query) {
		AuthorizationResponse response = AuthorizationResponse.ofQuery(query);
		assertThat(response.answers(REQUEST)).isFalse();
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> response.code(REQUEST));
	}

	@ParameterizedTest
	@DisplayName("RFC 6749: a parameter that is sent twice is not valid")
	@ValueSource(strings = { "code=a&code=a", "code=a&code=b", "code=a&iss=https://as.example.com&iss=https://evil",
			"error=access_denied&error=x", "code=a&state=the-state-0123456789",
			"code=a&error_description=x&error_description=y" })
	void codeWhenAParameterIsRepeatedIsUnusable(String query) {
		AuthorizationResponse response = AuthorizationResponse.ofQuery(query + "&state=" + STATE);
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> response.code(REQUEST))
			.withMessageContaining("more than once");
	}

	@ParameterizedTest
	@DisplayName("RFC 9207: iss is compared character for character, and must be there if promised")
	@CsvSource({ "true, https://as.example.com, true", "true, , false", "true, https://evil.example.com, false",
			"true, https://as.example.com/, false", "false, , true", "false, https://as.example.com, true",
			"false, https://evil.example.com, false", "false, https://as.example.com/, false",
			"false, HTTPS://as.example.com, false", "false, https://as.example.com:443, false",
			"false, https://as.example.co%6d, false", "false, '', false", "true, '', false" })
	void codeWhenIssuerIsComparedFollowsTheTable(boolean promised, @Nullable String issuer, boolean accepted) {
		String iss = (issuer != null) ? "&iss=" + URLEncoder.encode(issuer, StandardCharsets.UTF_8) : "";
		AuthorizationRequest request = promised ? PROMISED : REQUEST;
		AuthorizationResponse response = AuthorizationResponse.ofQuery("code=abc&state=" + STATE + iss);
		if (accepted) {
			assertThat(response.code(request)).isEqualTo(Secret.of("abc"));
		}
		else {
			assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> response.code(request));
		}
	}

	@ParameterizedTest
	@DisplayName("RFC 9207: an error of another issuer is neither acted upon nor shown")
	@ValueSource(strings = { "&iss=https%3A%2F%2Fevil.example.com", "&iss=", "" })
	void codeWhenErrorIsOfAnotherIssuerShowsNothingOfIt(String iss) {
		AuthorizationResponse response = AuthorizationResponse
			.ofQuery("error=access_denied&error_description=Call+555&error_uri=https://evil&state=" + STATE + iss);
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> response.code(PROMISED))
			.withMessageNotContainingAny("access_denied", "555", "https://evil'");
	}

	@Test
	void codeWhenThePersonSaysNoIsRejectedAsAccessDenied() {
		AuthorizationResponse response = AuthorizationResponse
			.ofQuery("error=access_denied&error_description=The+user%0A+said+%27no%27&state=" + STATE);
		assertThat(response.answers(REQUEST)).isTrue();
		assertThatExceptionOfType(RefusedException.class).isThrownBy(() -> response.code(REQUEST))
			.withMessage("The authorization server 'https://as.example.com' answered 'access_denied' "
					+ "('The user  said \"no\"')")
			.satisfies((ex) -> assertThat(ex.is("access_denied")).isTrue())
			.satisfies((ex) -> assertThat(ex.status()).isZero());
	}

	@ParameterizedTest
	@ValueSource(strings = { "temporarily_unavailable", "server_error" })
	void codeWhenServerSaysLaterIsUnavailable(String error) {
		AuthorizationResponse response = AuthorizationResponse.ofQuery("error=" + error + "&state=" + STATE);
		assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> response.code(REQUEST));
	}

	@Test
	@DisplayName("F32 an error that repeats the state does not get it out")
	void codeWhenErrorRepeatsTheStateTakesItOut() {
		AuthorizationResponse response = AuthorizationResponse
			.ofQuery("error=" + STATE + "&error_description=" + STATE + "&state=" + STATE);
		assertThatExceptionOfType(RefusedException.class).isThrownBy(() -> response.code(REQUEST))
			.withMessageNotContaining("0123456789");
	}

	@ParameterizedTest
	@ValueSource(strings = { "code=a%0Ab", "code=a+b", "code=%C3%A4", "code=%00" })
	void codeWhenCodeHasCharactersNoCodeCanHaveIsUnusable(String query) {
		AuthorizationResponse response = AuthorizationResponse.ofQuery(query + "&state=" + STATE);
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> response.code(REQUEST));
	}

	@Property
	void ofPastedWhenTextIsAnythingIsAResponseOrIllegal(@ForAll String text) {
		assertSensible(() -> AuthorizationResponse.ofPasted(text));
	}

	@Property
	void ofQueryWhenBytesAreAnythingIsAResponseOrIllegal(@ForAll byte[] bytes) {
		assertSensible(() -> AuthorizationResponse.ofQuery(new String(bytes, StandardCharsets.ISO_8859_1)));
	}

	@Property
	void ofPastedWhenTextLooksLikeACallbackIsAResponseOrIllegal(@ForAll("almostCallbacks") String text) {
		assertSensible(() -> AuthorizationResponse.ofPasted(text));
	}

	@Provide
	Arbitrary<String> almostCallbacks() {
		List<String> parts = List.of("code", "state", "iss", "error", "=", "&", "?", "#", "%", "%41", "http://h/", "+",
				" ", STATE, "https%3A%2F%2Fas.example.com", "abc", ";", "é", "&state=" + STATE, "code=abc");
		return Arbitraries.of(parts).list().ofMaxSize(12).map((list) -> String.join("", list));
	}

	private static void assertSensible(Supplier<AuthorizationResponse> parser) {
		for (AuthorizationRequest request : List.of(REQUEST, PROMISED)) {
			Throwable failure = catchThrowable(() -> assertThat(parser.get().code(request).reveal()).isNotEmpty());
			if (failure != null) {
				assertThat(failure).isInstanceOfAny(IllegalArgumentException.class, ExchangeException.class);
			}
		}
	}

	private static AuthorizationRequest request(boolean issParameterSupported) {
		return new AuthorizationRequest(URI.create("https://as.example.com/authorize"), Map.of(),
				new TokenAudience(ISSUER, URI.create("https://as.example.com/token"), List.of(), null, Set.of(), null),
				issParameterSupported, URI.create("http://127.0.0.1:4711/callback"), Secret.of(STATE),
				Secret.of("verifier-verifier-verifier-verifier-0123456789"));
	}

}
