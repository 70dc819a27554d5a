// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Instant;
import java.util.List;

import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Secret} and the values that hold secrets.
 */
class SecretTests {

	private final Secret secret = Secret.of("s3cr3t");

	@Test
	@DisplayName("Law 11, F32: no toString says a secret")
	void toStringWhenAValueHoldsASecretDoesNotSayIt() {
		Grant grant = Grant.with(this.secret).refreshToken(this.secret).dpopKey(this.secret).build();
		OAuthSettings settings = OAuthSettings.builder().clientId("id").clientSecret(this.secret).build();
		assertThat(this.secret).hasToString("******");
		assertThat(grant.toString()).doesNotContain("s3cr3t");
		assertThat(grant.toAccessToken().toString()).doesNotContain("s3cr3t");
		assertThat(Rejection.of(grant.toAccessToken(), List.of()).toString()).doesNotContain("s3cr3t");
		assertThat(Recovery.refreshed(grant.toAccessToken()).toString()).doesNotContain("s3cr3t");
		assertThat(OAuthClient.configured("id", this.secret, null).toString()).doesNotContain("s3cr3t");
		assertThat(settings.toString()).doesNotContain("s3cr3t");
	}

	@Test
	void fingerprintWhenSecretsDifferDiffersAndSaysNeither() {
		assertThat(this.secret.fingerprint()).hasSize(16)
			.isEqualTo(Secret.of("s3cr3t").fingerprint())
			.isNotEqualTo(Secret.of("other").fingerprint())
			.doesNotContain("s3cr3t");
	}

	@Test
	void equalsWhenTextIsTheSameIsTrue() {
		assertThat(this.secret).isEqualTo(Secret.of("s3cr3t"))
			.hasSameHashCodeAs(Secret.of("s3cr3t"))
			.isNotEqualTo(Secret.of("S3cr3t"));
	}

	@Test
	void ofWhenEmptyFails() {
		assertThatIllegalArgumentException().isThrownBy(() -> Secret.of(""));
	}

	@Test
	void authorizationHeaderWhenTypeIsBearerIsSpelledAsTheRfcDoes() {
		AccessToken token = Grant.with(this.secret)
			.tokenType("bearer")
			.expiresAt(Instant.EPOCH)
			.build()
			.toAccessToken();
		assertThat(token.authorizationHeader()).isEqualTo("Bearer s3cr3t");
	}

}
