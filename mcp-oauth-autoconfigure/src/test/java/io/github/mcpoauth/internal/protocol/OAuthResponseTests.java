// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

import io.github.mcpoauth.internal.text.ForeignJson;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link OAuthResponse}.
 */
class OAuthResponseTests {

	@Test
	void parseWhenBodyIsAnObjectKeepsTheOrderOfItsMembers() {
		assertThat(ForeignJson.object("\uFEFF {\"c\": 1, \"a\": [\"x\"], \"b\": {\"d\": null}} "))
			.containsOnlyKeys("c", "a", "b")
			.containsEntry("a", List.of("x"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "1", "\"text\"", "[1]", "{", "{\"a\": 1} x", "<html>" })
	void parseWhenBodyIsNoObjectIsNull(String body) {
		assertThat(ForeignJson.object(body)).isNull();
	}

	@Property
	void anyBodyAtAnyStatusIsAGrantOrANamedFailure(@ForAll byte[] body,
			@ForAll @IntRange(min = 200, max = 599) int status) {
		assertSensible(status, new String(body, StandardCharsets.UTF_8));
	}

	@Property
	void anyAlmostJsonAtAnyStatusIsAGrantOrANamedFailure(@ForAll("almostJson") String body,
			@ForAll @IntRange(min = 200, max = 599) int status) {
		assertSensible(status, body);
	}

	@Provide
	Arbitrary<String> almostJson() {
		return Arbitraries
			.of("{", "}", "[", "]", ":", ",", "\"", "\\", "\"access_token\":", "\"expires_in\":", "\"error\":",
					"\"scope\":", "\"token\"", "1e999", "-1", "1.5e-9999999999", "0x1", "NaN", "null", "true",
					"\\u0000", " ", "\"a b\"", "{\"access_token\":\"x\",")
			.list()
			.ofMaxSize(12)
			.map((parts) -> String.join("", parts));
	}

	private static void assertSensible(int status, String body) {
		OAuthResponse answer = new OAuthResponse("It", status, ResponseHeaders.of(new HttpHeaders(), Instant.EPOCH),
				ResponseBody.of(body), null, Redaction.none());
		Throwable failure = catchThrowable(
				() -> assertThat(TokenResult.of(answer).orElseThrow().accessToken().reveal()).isNotBlank());
		assertThat(failure).satisfiesAnyOf((none) -> assertThat(none).isNull(),
				(named) -> assertThat(named).isInstanceOf(ExchangeException.class).hasMessageStartingWith("It "));
	}

}
