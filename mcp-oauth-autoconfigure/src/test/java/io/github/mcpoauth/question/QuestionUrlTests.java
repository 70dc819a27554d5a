// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.question;

import io.github.mcpoauth.question.QuestionUrl.Warning;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link QuestionUrl}: which addresses of a server a user is shown, and as
 * what.
 */
class QuestionUrlTests {

	@ParameterizedTest
	@CsvSource({ "https://login.example.com/a?state=s1, login.example.com",
			"HTTPS://Login.Example.COM:8443/a, login.example.com:8443", "https://[2001:DB8::1]:443/, [2001:db8::1]:443",
			"https://example.com:/a, example.com:", "http://localhost:7777/callback, localhost:7777",
			"http://127.0.0.1/a, 127.0.0.1", "http://[::1]:80/a, [::1]:80" })
	void ofWhenAddressIsPlainShowsItsHostWithoutWarning(String value, String domain) {
		QuestionUrl url = QuestionUrl.of(value);
		assertThat(url.value()).isEqualTo(value);
		assertThat(url.domain()).isEqualTo(domain);
		assertThat(url.warnings()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "http://login.example.com/a", "http://127.0.0.1.example.com/a", "http://localhost.example.com/",
					"http://[::2]/a", "ftp://localhost/a", "javascript://localhost/alert(1)", "//login.example.com/a" })
	void ofWhenConnectionWouldNotBeProtectedRefuses(String value) {
		assertRefused(value, "The address is not https");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https:///a", "https:login.example.com", "mailto:a@example.com", "/a" })
	void ofWhenThereIsNoHostRefuses(String value) {
		assertRefused(value, "The address names no host");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://user@/a", "https://a%2eexample.com/a", "https://example.com:443x/a",
			"https://example.com:99999999/a", "https://:443/a", "https://user@:443/a",
			"https://\u0430\u0440\u0440\u04cf\u0435.example/",
			"https://a123456789b123456789c123456789d123456789e123456789f123456789g123456789.example.com/a" })
	void ofWhenHostIsNotProperRefuses(String value) {
		assertRefused(value, "The address names no proper host");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://example.com/%zz", "https://[::1/a", "https://exa<mple.com/a" })
	void ofWhenItCannotBeParsedRefuses(String value) {
		assertRefused(value, "The address is not a proper address");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://example.com/a b", "https://example.com\\@evil.example/",
			"https://exa\u200dmple.com", "https://example.com/\u202egpj.exe", "https://example.com/\n",
			"https://example.com/\u2028x", "https://example.com/\ue000", "https://example.com/\ud800" })
	void ofWhenACharacterCannotBeSeenRefuses(String value) {
		assertRefused(value, "The address contains a blank, a backslash or a character that is not visible");
	}

	@Test
	void ofWhenItIsTooLongRefuses() {
		String longest = "https://example.com/" + "a".repeat(8192 - 20);
		assertThat(QuestionUrl.of(longest).domain()).isEqualTo("example.com");
		assertRefused(longest + "a", "The address is longer than 8192 characters");
	}

	@ParameterizedTest
	@CsvSource({ "https://github.com@evil.example/login, evil.example, USER_INFO",
			"https://a@github.com@evil.example/login, evil.example, USER_INFO",
			"https://b\u00fccher.example/, xn--bcher-kva.example, PUNYCODE",
			"https://xn--bcher-kva.example/, xn--bcher-kva.example, PUNYCODE",
			"https://\uff47ithub.example/, github.example, PUNYCODE",
			"https://\u0443-1.example/, xn---1-tmc.example, PUNYCODE" })
	void ofWhenHostMayLookLikeAnotherWarns(String value, String domain, Warning warning) {
		QuestionUrl url = QuestionUrl.of(value);
		assertThat(url.domain()).isEqualTo(domain);
		assertThat(url.warnings()).containsExactly(warning);
	}

	@Test
	void ofWhenALabelMixesScriptsWarnsOfThat() {
		assertThat(QuestionUrl.of("https://p\u0430ypal.example/").warnings())
			.containsExactlyInAnyOrder(Warning.PUNYCODE, Warning.MIXED_SCRIPT);
	}

	@Test
	void toStringWhenAddressHoldsASecretDoesNotShowIt() {
		assertThat(QuestionUrl.of("https://login.example.com/a?state=sesame")).asString()
			.contains("login.example.com")
			.doesNotContain("sesame");
	}

	private static void assertRefused(String value, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> QuestionUrl.of(value)).withMessage(message).withNoCause();
	}

}
