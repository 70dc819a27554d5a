// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import io.github.mcpoauth.Secret;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Redaction}.
 */
class RedactionTests {

	private final Redaction redaction = Redaction.of(Secret.of("s3cr3t/token=value"), null, Secret.of("short"));

	@ParameterizedTest
	@DisplayName("F32 a secret is taken out whole, in part, encoded and in another case")
	@CsvSource({ "the token s3cr3t/token=value is stale, 'the token ****** is stale'",
			"s3cr3t%2Ftoken%3Dvalue, '******'", "S3CR3T/TOKEN=VALUE!, '******!'", "s3cr3t/to..., '******...'",
			"...en=value, '...******'", "short and shorter, '****** and ******er'", "all is well, 'all is well'",
			"s3cr3t/, 's3cr3t/'", "s3cr3t/tokens3cr3t/token, '******'" })
	void quoteWhenTextHoldsASecretMasksIt(String text, String expected) {
		assertThat(this.redaction.quote(text)).isEqualTo("'" + expected + "'");
	}

	@Test
	void quoteWhenCredentialsOfAHeaderAreRepeatedMasksThem() {
		Redaction header = Redaction.none().and("Basic dGhlOmNsaWVudA==").and((String) null);
		assertThat(header.quote("got 'Basic dGhlOmNsaWVudA=='")).isEqualTo("'got \"Basic ******\"'");
	}

	@Test
	void quoteWhenThereIsNothingToRedactQuotes() {
		assertThat(Redaction.none().quote(null)).isEqualTo("''");
		assertThat(Redaction.none().quote("a\nb")).isEqualTo("'a b'");
	}

	@Test
	void quoteWhenTextIsLongCutsIt() {
		assertThat(this.redaction.quote("x".repeat(100_000))).hasSizeLessThan(300);
	}

	@Test
	void appliesWhenACauseRepeatsASecretIsTrue() {
		assertThat(this.redaction.applies(new IllegalStateException("a", new IllegalStateException("en=value"))))
			.isTrue();
		assertThat(this.redaction.applies(new IllegalStateException((String) null))).isFalse();
	}

}
