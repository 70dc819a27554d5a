// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link Challenge}.
 */
class ChallengeTests {

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void parseWhenValueIsGivenReadsChallenges(String value, List<Challenge> expected) {
		assertThat(Challenge.parse(List.of(value))).isEqualTo(expected);
	}

	static Stream<Arguments> parseWhenValueIsGivenReadsChallenges() {
		Challenge bearer = challenge("Bearer", "error", "invalid_token", "resource_metadata", "https://h/x");
		return Stream.of(arguments("", List.of()), arguments(" , ,, ", List.of()),
				arguments("Bearer", List.of(challenge("Bearer"))), arguments("Bearer ", List.of(challenge("Bearer"))),
				arguments("Bearer error=\"invalid_token\", resource_metadata=\"https://h/x\"", List.of(bearer)),
				arguments("Bearer error=invalid_token,resource_metadata=https://h/x", List.of(bearer)),
				arguments("Bearer  error = \"invalid_token\" ,\t resource_metadata\t=\t\"https://h/x\" ,",
						List.of(bearer)),
				arguments(",Bearer ,error=invalid_token resource_metadata=\"https://h/x\"", List.of(bearer)),
				arguments("Bearer ERROR=invalid_token, Resource_Metadata=\"https://h/x\", error=other",
						List.of(bearer)),
				arguments("Basic realm=\"a, b=\\\"c\\\" \\\\\", Bearer scope=\"a b\"",
						List.of(challenge("Basic", "realm", "a, b=\"c\" \\"), challenge("Bearer", "scope", "a b"))),
				arguments("Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
						List.of(challenge("Newauth", "realm", "apps", "type", "1", "title", "Login to \"apps\""),
								challenge("Basic", "realm", "simple"))),
				arguments("Negotiate, Bearer scope=x",
						List.of(challenge("Negotiate"), challenge("Bearer", "scope", "x"))),
				arguments("Negotiate oYG2MIGzoAMKAQE=, Bearer scope=x",
						List.of(challenge("Negotiate"), challenge("Bearer", "scope", "x"))),
				arguments("Negotiate ab+/-._~==", List.of(challenge("Negotiate"))),
				arguments("Bearer scope=\"\"", List.of(challenge("Bearer", "scope", ""))),
				arguments("Bearer scope=", List.of(challenge("Bearer"))),
				arguments("Bearer scope=\"open", List.of(challenge("Bearer", "scope", "open"))),
				arguments("Bearer scope=\"open\\", List.of(challenge("Bearer", "scope", "open\\"))),
				arguments("scope=\"x\", Bearer realm=y", List.of(challenge("Bearer", "realm", "y"))),
				arguments("\"lost\" Bearer realm=y", List.of(challenge("Bearer", "realm", "y"))),
				arguments("Bearer a=b, =x, realm=y", List.of(challenge("Bearer", "a", "b", "realm", "y"))),
				arguments("DPoP error=\"use_dpop_nonce\", algs=\"ES256 PS256\"",
						List.of(challenge("DPoP", "error", "use_dpop_nonce", "algs", "ES256 PS256"))));
	}

	@Test
	void parseWhenThereAreSeveralHeadersReadsThemAll() {
		assertThat(Challenge.parse(List.of("Basic realm=a", "", "Bearer scope=\"b", "DPoP scope=c"))).containsExactly(
				challenge("Basic", "realm", "a"), challenge("Bearer", "scope", "b"), challenge("DPoP", "scope", "c"));
	}

	@Test
	void isWhenSchemeHasAnotherCaseIsTrue() {
		Challenge challenge = challenge("bEARER", "scope", "a");
		assertThat(challenge.is("Bearer")).isTrue();
		assertThat(challenge.is("DPoP")).isFalse();
		assertThat(challenge.parameter("scope")).isEqualTo("a");
		assertThat(challenge.parameter("realm")).isNull();
	}

	@Test
	void parseWhenValueIsEndlessIsLinear() {
		for (String part : List.of("a", "a ", "a=", "a=,", "\"", "\\", "\"\\", "a=\"", "= ", "a b,", "Negotiate a=",
				"a b=c ")) {
			String value = part.repeat(1_000_000 / part.length());
			assertThat(catchThrowable(() -> Challenge.parse(List.of(value)))).isNull();
		}
	}

	@Property
	void parseWhenValueIsAnyBytesAnswers(@ForAll byte[] bytes) {
		assertThatNoException()
			.isThrownBy(() -> Challenge.parse(List.of(new String(bytes, StandardCharsets.ISO_8859_1))));
	}

	@Property
	void parseWhenValueLooksLikeChallengesAnswers(@ForAll("almostChallenges") List<String> values) {
		assertThat(Challenge.parse(values)).allSatisfy((challenge) -> {
			assertThat(challenge.scheme()).isNotEmpty();
			assertThat(challenge.parameters().keySet())
				.allSatisfy((name) -> assertThat(name).isNotEmpty().isLowerCase());
		});
	}

	@Provide
	Arbitrary<List<String>> almostChallenges() {
		return Arbitraries
			.of("Bearer", "Basic", " ", ",", "=", "\"", "\\", "realm", "scope", "a b", "==", "\t", "x=\"y\"", "é")
			.list()
			.ofMaxSize(20)
			.map((parts) -> String.join("", parts))
			.list()
			.ofMaxSize(3);
	}

	/**
	 * What is written by the grammar is read as it was meant.
	 */
	@Property
	void parseWhenValueFollowsTheGrammarReadsWhatWasWritten(@ForAll("challenges") List<Challenge> challenges) {
		assertThat(Challenge.parse(List.of(write(challenges)))).isEqualTo(challenges);
	}

	@Provide
	Arbitrary<List<Challenge>> challenges() {
		Arbitrary<String> name = Arbitraries.strings()
			.withChars("abcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~09")
			.ofMinLength(1)
			.ofMaxLength(8);
		Arbitrary<String> value = Arbitraries.strings()
			.withCharRange(' ', '~')
			.withChars('\t', '\u00e4')
			.ofMaxLength(20);
		return Arbitraries.maps(name, value)
			.ofMinSize(1)
			.ofMaxSize(4)
			.flatMap((parameters) -> name.map((scheme) -> new Challenge(scheme, parameters)))
			.list()
			.ofMaxSize(4);
	}

	private static String write(List<Challenge> challenges) {
		StringBuilder text = new StringBuilder();
		for (Challenge challenge : challenges) {
			text.append(text.isEmpty() ? "" : ", ").append(challenge.scheme());
			String delimiter = " ";
			for (Map.Entry<String, String> parameter : challenge.parameters().entrySet()) {
				text.append(delimiter).append(parameter.getKey()).append("=\"");
				text.append(parameter.getValue().replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
				delimiter = ", ";
			}
		}
		return text.toString();
	}

	private static Challenge challenge(String scheme, String... parameters) {
		Map<String, String> map = new LinkedHashMap<>();
		for (int i = 0; i < parameters.length; i += 2) {
			map.put(parameters[i], parameters[i + 1]);
		}
		return new Challenge(scheme, map);
	}

}
