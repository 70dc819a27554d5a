// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;

import io.github.mcpoauth.SigningKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ClientKeySet}.
 */
class ClientKeySetTests {

	private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

	private static final Duration DAY = Duration.ofDays(1);

	@TempDir
	private Path directory;

	@Test
	void signingWhenKeysAreRenewedOverlaps() throws Exception {
		String first = ClientKeySet.renew(file(), NOW).names().get(0);
		assertThat(signing(NOW)).as("the only one").isEqualTo(first);
		ClientKeySet two = ClientKeySet.renew(file(), NOW.plus(DAY));
		String second = two.names().get(0);
		assertThat(two.names()).containsExactly(second, first);
		assertThat(signing(NOW.plus(DAY))).isEqualTo(first);
		assertThat(signing(NOW.plus(DAY).plusSeconds(3599))).isEqualTo(first);
		assertThat(signing(NOW.plus(DAY).plusSeconds(3600))).isEqualTo(second);
		String third = ClientKeySet.renew(file(), NOW.plus(DAY).plusSeconds(60)).names().get(0);
		assertThat(ClientKeySet.read(file()).names()).as("none that still signs is dropped")
			.containsExactly(third, second, first);
		ClientKeySet last = ClientKeySet.renew(file(), NOW.plus(DAY.multipliedBy(2)));
		assertThat(last.names()).as("the one that signs stays published").hasSize(2).contains(third);
	}

	@Test
	void renewWhenWrittenIsForTheOwnerOnlyAndPublishesNoSecret() throws Exception {
		ClientKeySet set = ClientKeySet.renew(file(), NOW);
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file()))).isEqualTo("rw-------");
		assertThat(Files.readString(file())).contains("\"d\"");
		assertThat(set.published().toString()).contains("kid").doesNotContain(" d=");
		assertThat(set).asString().doesNotContain("\"d\"");
		assertThat(this.directory).isDirectoryNotContaining("glob:**.tmp");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{}", "{\"keys\": []}", "{\"keys\": 1}",
			"{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\"}]}", "-----BEGIN PRIVATE KEY-----",
			"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}" })
	void readWhenThereAreNoPrivateKeysFails(String content) throws Exception {
		Files.writeString(file(), content);
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> ClientKeySet.read(file()))
			.withMessageContaining("is no JWK Set with private keys")
			.withMessageNotContaining("c2VjcmV0");
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> ClientKeySet.renew(file(), NOW));
		assertThat(file()).as("it may be something else").hasContent(content);
	}

	@Test
	void readWhenThereIsNoFileIsUnavailable() {
		assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> ClientKeySet.read(file()));
	}

	private @Nullable String signing(Instant now) throws IOException {
		return ClientKey.read(new SigningKey(null, file(), null, null), now).keyId();
	}

	private Path file() {
		return this.directory.resolve("keys.json");
	}

}
