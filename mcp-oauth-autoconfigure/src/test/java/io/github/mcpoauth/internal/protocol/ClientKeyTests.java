// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ClientKey}.
 */
class ClientKeyTests {

	private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

	@Test
	@DisplayName("J3: the assertion names the client twice, the issuer as audience, and is good once and shortly")
	void signWhenKeyIsEllipticSaysWhoForWhomAndWhen() throws Exception {
		ECKey key = new ECKeyGenerator(Curve.P_256).keyID("k1").generate();
		Instant now = Instant.now();
		ClientKey read = ClientKey.read(value(key.toJSONString(), null, null), NOW);
		SignedJWT jwt = SignedJWT
			.parse(read.sign("agent", "https://as.example.com", now).getClientAssertion().serialize());
		assertThat(jwt.verify(new ECDSAVerifier(key.toPublicJWK()))).isTrue();
		assertThat(jwt.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.ES256);
		assertThat(jwt.getHeader().getKeyID()).isEqualTo("k1");
		JWTClaimsSet claims = jwt.getJWTClaimsSet();
		assertThat(claims.getIssuer()).isEqualTo("agent");
		assertThat(claims.getSubject()).isEqualTo("agent");
		assertThat(claims.getAudience()).isEqualTo(List.of("https://as.example.com"));
		assertThat(claims.getIssueTime().toInstant().getEpochSecond()).isEqualTo(now.getEpochSecond());
		assertThat(Duration.between(claims.getIssueTime().toInstant(), claims.getExpirationTime().toInstant()))
			.isEqualTo(Duration.ofMinutes(2));
		String other = read.sign("agent", "https://as.example.com", now)
			.getJWTAuthenticationClaimsSet()
			.getJWTID()
			.getValue();
		assertThat(claims.getJWTID()).isNotBlank().isNotEqualTo(other);
	}

	@Test
	void readWhenKeyIsRsaInPemSignsWithWhatIsConfigured() throws Exception {
		String pem = pem("PRIVATE KEY", rsa());
		assertThat(ClientKey.read(value(pem, null, null), NOW).algorithm()).isEqualTo(JWSAlgorithm.RS256);
		ClientKey configured = ClientKey.read(value(pem, "PS384", "k2"), NOW);
		assertThat(configured.algorithm()).isEqualTo(JWSAlgorithm.PS384);
		assertThat(configured.keyId()).isEqualTo("k2");
		assertThat(configured.toString()).doesNotContain(pem.substring(40, 60));
	}

	@Test
	void readWhenJwkNamesItsAlgorithmUsesThat() throws Exception {
		RSAKey key = new RSAKeyGenerator(2048).algorithm(JWSAlgorithm.PS256).generate();
		assertThat(ClientKey.read(value(key.toJSONString(), null, null), NOW).algorithm())
			.isEqualTo(JWSAlgorithm.PS256);
	}

	@ParameterizedTest
	@CsvSource({ "P-256,ES256", "P-384,ES384", "P-521,ES512" })
	void readWhenKeyIsEllipticSignsAsItsCurveHasIt(String curve, String algorithm) throws Exception {
		ECKey key = new ECKeyGenerator(Curve.parse(curve)).generate();
		String pem = pem("PRIVATE KEY", key.toKeyPair());
		assertThat(ClientKey.read(value(pem, null, null), NOW).algorithm().getName()).isEqualTo(algorithm);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ES256", "HS256", "none", "RS" })
	void readWhenAlgorithmDoesNotFitTheKeyIsUnusable(String algorithm) throws Exception {
		String pem = pem("PRIVATE KEY", rsa());
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> ClientKey.read(value(pem, algorithm, null), NOW))
			.withMessageContaining("is not one to sign with '" + algorithm + "'");
	}

	@Test
	void readWhenPemIsOfAnotherKindSaysHowToConvertIt() throws Exception {
		String pem = pem("RSA PRIVATE KEY", rsa());
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> ClientKey.read(value(pem, null, null), NOW))
			.withMessageContaining("'RSA PRIVATE KEY'")
			.withMessageContaining("openssl pkcs8 -topk8 -nocrypt");
	}

	@Test
	void readWhenJwkIsPublicIsUnusable() throws Exception {
		String jwk = new ECKeyGenerator(Curve.P_256).generate().toPublicJWK().toJSONString();
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> ClientKey.read(value(jwk, null, null), NOW))
			.withMessageContaining("without a private part");
	}

	@ParameterizedTest
	@ValueSource(strings = { "sesame", "{\"sesame\":", "{\"kty\":\"EC\",\"d\":\"sesame\"}",
			"-----BEGIN PRIVATE KEY-----\nsesame\n-----END PRIVATE KEY-----" })
	void readWhenThereIsNoKeyShowsNothingOfIt(String content) {
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> ClientKey.read(value(content, null, null), NOW))
			.withMessageNotContaining("sesame")
			.withNoCause();
	}

	@Test
	void readWhenFileIsMissingMayPass(@TempDir Path directory) throws Exception {
		Path file = directory.resolve("key.pem");
		SigningKey settings = new SigningKey(null, file, null, null);
		assertThatExceptionOfType(UnavailableException.class).isThrownBy(() -> ClientKey.read(settings, NOW))
			.withMessageContaining(file.toString());
		write(file, pem("PRIVATE KEY", rsa()));
		assertThat(ClientKey.read(settings, NOW).algorithm()).isEqualTo(JWSAlgorithm.RS256);
	}

	private static void write(Path file, String content) throws IOException {
		Files.writeString(file, content);
	}

	private static SigningKey value(String content, @Nullable String algorithm, @Nullable String keyId) {
		return new SigningKey(Secret.of(content), null, algorithm, keyId);
	}

	private static KeyPair rsa() throws Exception {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
		generator.initialize(2048);
		return generator.generateKeyPair();
	}

	private static String pem(String kind, KeyPair pair) {
		return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(kind,
				Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded()));
	}

}
