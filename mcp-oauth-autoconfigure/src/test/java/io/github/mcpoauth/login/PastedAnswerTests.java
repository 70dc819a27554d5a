/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package io.github.mcpoauth.login;

import java.util.Objects;

import io.github.mcpoauth.Secret;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PastedAnswer}.
 */
class PastedAnswerTests {

	@ParameterizedTest
	@ValueSource(strings = { "http://127.0.0.1:4711/callback?code=c%2F1&state=s",
			"  http://127.0.0.1:4711/callback?code=c%2F1&state=s#_=_ \n",
			"\"http://127.0.0.1:4711/callback?code=c%2F1&state=s\"", "<https://a.example/?code=c%2F1&state=s>",
			"http://127.0.0.1:4711/callback?co\nde=c%2F1&st\r\n  ate=s", "?code=c%2F1&state=s", "code=c%2F1&state=s",
			"/callback?code=c%2F1&state=s", "127.0.0.1:4711/callback?code=c%2F1&state=s" })
	void parseWhenAnAddressOrItsQueryIsItsQuery(String pasted) {
		assertThat(PastedAnswer.parse(pasted)).isEqualTo(new PastedAnswer("code=c%2F1&state=s", null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "4/0A-b_c==", " 4/0A-b_c==\n", "'4/0A-b_c=='", "4%2F0A-b_c%3D%3D" })
	void parseWhenACodeIsTheCode(String pasted) {
		assertThat(PastedAnswer.parse(pasted)).isEqualTo(new PastedAnswer(null, Secret.of("4/0A-b_c==")));
	}

	@Test
	void parseWhenACodeHasAPlusKeepsIt() {
		assertThat(PastedAnswer.parse("a%2Bb+c").code()).isEqualTo(Secret.of("a+b+c"));
	}

	@Test
	void parseWhenAnErrorAnswerIsItsQuery() {
		assertThat(PastedAnswer.parse("http://127.0.0.1/callback?error=access_denied&state=s").query())
			.isEqualTo("error=access_denied&state=s");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "   ", "two words", "c\u00F6de", "%zz%41%", "\"\"", "\u0000", "%20%20",
			"http://127.0.0.1:4711/callback", "http://127.0.0.1:4711/callback?", "http://127.0.0.1/#code=c&state=s" })
	void parseWhenNoneOfTheseFailsWithoutRepeatingIt(String pasted) {
		assertThatIllegalArgumentException().isThrownBy(() -> PastedAnswer.parse(pasted))
			.withMessageContaining("Paste the whole address")
			.withMessageNotContaining("4711");
	}

	@Test
	void parseWhenEndlessFails() {
		assertThatIllegalArgumentException().isThrownBy(() -> PastedAnswer.parse("a".repeat(100_000)));
	}

	@Test
	void toStringHoldsNoSecret() {
		assertThat(PastedAnswer.parse("top-secret")).asString().doesNotContain("top-secret");
		assertThat(PastedAnswer.parse("code=top-secret")).asString().doesNotContain("top-secret");
	}

	@Property
	void parseWhenAnyTextIsAnAnswerOrANamedError(@ForAll String pasted) {
		try {
			PastedAnswer answer = PastedAnswer.parse(pasted);
			assertThat((answer.query() == null) != (answer.code() == null)).isTrue();
			assertThat(Objects.requireNonNullElse(answer.query(), "code")).isNotEmpty();
		}
		catch (IllegalArgumentException ex) {
			assertThat(ex).hasMessageContaining("Paste the whole address");
		}
	}

}
