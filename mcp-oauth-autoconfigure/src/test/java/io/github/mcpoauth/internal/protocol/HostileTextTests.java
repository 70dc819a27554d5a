// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Reads hostile texts with every parser of this package. The bound of time is for a
 * parser that does not come back.
 */
@Timeout(60)
class HostileTextTests {

	private static final Duration BOUND = Duration.ofSeconds(20);

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.HostileText#all")
	@DisplayName("S2: an answer of a token endpoint, whatever its text")
	void answerWhenTextIsHostileIsANamedFailure(String text) {
		read(text, (body) -> {
			for (int status : new int[] { 200, 400, 401, 503 }) {
				Throwable failure = catchThrowable(() -> TokenResult.of(answer(status, body)).orElseThrow());
				assertThat(failure).isInstanceOf(ExchangeException.class);
				assertThat(failure.getMessage()).hasSizeLessThan(2000);
			}
		});
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.HostileText#all")
	@DisplayName("S2: a metadata document, whatever its text")
	void documentWhenTextIsHostileIsRead(String text) {
		read(text, (body) -> {
			Map<String, Object> members = answer(200, body).document().block(BOUND);
			if (members != null) {
				assertThat(catchThrowable(() -> ProtectedResourceMetadata.of("It", members)))
					.isInstanceOf(UnusableException.class);
			}
		});
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.HostileText#all")
	@DisplayName("S2: headers, whatever their text")
	void headersWhenTextIsHostileAreRead(String text) {
		read(text, (value) -> {
			TokenChallenges challenges = TokenChallenges.of(List.of(value, "Bearer " + value));
			assertThat(challenges.scopes()).isNotNull();
			assertThat(RetryAfter.parse(value, Instant.EPOCH)).isIn(null, RetryAfter.LONGEST);
			assertThat(ProofHints.of((name) -> List.of(value)).date()).isNull();
		});
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.HostileText#all")
	@DisplayName("S2: an authorization response and pasted text, whatever their text")
	void responseWhenTextIsHostileIsRefusedOrRead(String text) {
		read(text, (value) -> {
			for (Throwable failure : List.of(orNamed(() -> AuthorizationResponse.ofQuery(value)),
					orNamed(() -> AuthorizationResponse.ofQuery("code=" + value)),
					orNamed(() -> AuthorizationResponse.ofPasted(value)))) {
				assertThat(failure).isInstanceOf(IllegalArgumentException.class);
			}
		});
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.testing.HostileText#all")
	@DisplayName("S2: an address and a quoted text, whatever their text")
	void addressWhenTextIsHostileIsRefused(String text) {
		read(text, (value) -> {
			assertThat(UntrustedText.quote(value)).hasSizeLessThan(500);
			assertThat(HttpAddress.covers("https://h/a" + value, URI.create("https://h/mcp"))).isFalse();
		});
	}

	private static Throwable orNamed(Runnable parser) {
		Throwable failure = catchThrowable(parser::run);
		return (failure != null) ? failure : new IllegalArgumentException("It was read");
	}

	private static OAuthResponse answer(int status, String body) {
		return new OAuthResponse("It", status, ResponseHeaders.of(new HttpHeaders(), Instant.EPOCH),
				ResponseBody.of(body), null, Redaction.of(Secret.of("s3cret-0123456789")));
	}

	private static void read(String text, Consumer<String> parser) {
		parser.accept(text);
	}

}
