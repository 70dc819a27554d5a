// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.util.Base64;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Seal}.
 */
class SealTests {

	private static final GrantKey KEY = GrantKey.of("github");

	@Test
	void openWhenTextIsCutOffAnywhereIsASealedException() {
		String key = Base64.getEncoder().encodeToString(new byte[32]);
		Seal seal = new Seal(EncryptionKeys.of(List.of(Secret.of(key))));
		String sealed = seal.seal(KEY, "access_token", "", "access");
		for (int length = 0; length < sealed.length(); length++) {
			String cut = sealed.substring(0, length);
			assertThatExceptionOfType(Seal.SealedException.class).as(cut)
				.isThrownBy(() -> seal.open(KEY, "access_token", "", cut));
		}
	}

}
