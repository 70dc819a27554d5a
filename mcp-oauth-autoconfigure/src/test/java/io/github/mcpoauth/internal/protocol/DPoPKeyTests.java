// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.testing.TestClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link DPoPKey}.
 */
class DPoPKeyTests {

	private static final Secret TOKEN = Secret.of("s3cr3t");

	private static final URI URL = URI.create("https://mcp.example.com/mcp");

	private final TestClock clock = TestClock.fixed();

	private final DPoPKey key = DPoPKey.generate("ES256", this.clock);

	@ParameterizedTest
	@ValueSource(strings = { "ES256", "ES384", "ES512", "PS256", "RS256" })
	void proofWhenAlgorithmIsSupportedCanBeVerifiedWithThePublicKeyInIt(String algorithm) throws Exception {
		DPoPKey made = DPoPKey.generate(algorithm, this.clock);
		SignedJWT jwt = SignedJWT.parse(made.proof("POST", URL, TOKEN));
		JWK jwk = jwt.getHeader().getJWK();
		assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo(algorithm);
		assertThat(jwt.getHeader().getType().getType()).isEqualTo("dpop+jwt");
		assertThat(jwk.isPrivate()).isFalse();
		assertThat(jwk.computeThumbprint()).hasToString(made.thumbprint());
		assertThat(jwt.verify(new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(),
				((AsymmetricJWK) jwk).toPublicKey())))
			.isTrue();
		assertThat(DPoPKey.of(made.toSecret(), this.clock).thumbprint()).isEqualTo(made.thumbprint());
	}

	@Test
	void proofWhenMadeSaysMethodAddressTimeAndToken() throws ParseException {
		JWTClaimsSet claims = claims(this.key.proof("DELETE", URL, TOKEN));
		assertThat(claims.getStringClaim("htm")).isEqualTo("DELETE");
		assertThat(claims.getStringClaim("htu")).isEqualTo("https://mcp.example.com/mcp");
		assertThat(claims.getIssueTime()).isEqualTo(this.clock.instant());
		assertThat(claims.getStringClaim("ath")).isEqualTo("TnOMpVY8Bs_QAYKZkz1Y2x3Yv5f2lz3Jm_bNxktVUL0");
		assertThat(claims.getClaims()).containsOnlyKeys("htm", "htu", "iat", "ath", "jti");
	}

	@Test
	void proofWhenMadeAgainIsAnother() throws ParseException {
		Set<String> ids = new HashSet<>();
		for (int i = 0; i < 100; i++) {
			ids.add(claims(this.key.proof("POST", URL, TOKEN)).getJWTID());
		}
		assertThat(ids).hasSize(100).allMatch((id) -> id.length() >= 16);
	}

	@ParameterizedTest
	@CsvSource({ "https://h/mcp?key=x#y,https://h/mcp", "https://h:8443/a%2Fb/?,https://h:8443/a%2Fb/",
			"https://h,https://h/", "https://user:pw@h/mcp,https://h/mcp", "http://[::1]:80/m,http://[::1]:80/m" })
	void proofWhenAddressHasMoreThanAPathLeavesItOut(URI url, String target) throws ParseException {
		assertThat(claims(this.key.proof("POST", url, TOKEN)).getStringClaim("htu")).isEqualTo(target);
	}

	@Test
	void answeredWhenANonceCameUsesItForThatOriginOnly() throws ParseException {
		assertThat(answered(200, Map.of("DPoP-Nonce", "n1"))).isFalse();
		assertThat(nonce(URL)).isEqualTo("n1");
		assertThat(nonce(URI.create("https://mcp.example.com/other?x"))).isEqualTo("n1");
		assertThat(nonce(URI.create("https://mcp.example.com:8443/mcp"))).isNull();
		assertThat(nonce(URI.create("http://mcp.example.com/mcp"))).isNull();
		assertThat(nonce(URI.create("https://other.example.com/mcp"))).isNull();
		assertThat(answered(500, Map.of())).isFalse();
		assertThat(nonce(URL)).as("an answer without a nonce takes none away").isEqualTo("n1");
		assertThat(answered(403, Map.of("DPoP-Nonce", "n2"))).isFalse();
		assertThat(nonce(URL)).isEqualTo("n2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "DPoP error=\"use_dpop_nonce\"", "dpop realm=x, error=use_dpop_nonce",
			"Bearer, DPoP algs=\"ES256\", error=\"use_dpop_nonce\"",
			"Bearer error=\"invalid_token\", DPoP error=\"use_dpop_nonce\"" })
	void answeredWhenANonceIsAskedForAndThereAsksForAnotherProof(String challenge) throws ParseException {
		assertThat(answered(401, Map.of("DPoP-Nonce", "n1", "WWW-Authenticate", challenge))).isTrue();
		assertThat(nonce(URL)).isEqualTo("n1");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			401 | DPoP error="use_dpop_nonce"    | ''
			401 | DPoP error="use_dpop_nonce"    | 'a b'
			401 | DPoP error="use_dpop_nonce"    | 'a"b'
			401 | DPoP error="invalid_token"     | n1
			401 | Bearer error="use_dpop_nonce"  | n1
			401 | DPoP error="invalid_dpop_proof" | n1
			403 | DPoP error="use_dpop_nonce"    | n1
			""")
	void answeredWhenAnotherProofWouldNotHelpDoesNotAskForOne(int status, String challenge, String nonce) {
		assertThat(answered(status, Map.of("DPoP-Nonce", nonce, "WWW-Authenticate", challenge))).isFalse();
	}

	@Test
	void answeredWhenTheProofWasRefusedAndTheClocksDifferGoesByTheServers() throws ParseException {
		String challenge = "DPoP error=\"invalid_dpop_proof\"";
		String late = date(Duration.ofMinutes(7));
		assertThat(answered(401, Map.of("WWW-Authenticate", challenge, "Date", date(Duration.ofSeconds(3)))))
			.as("that is close enough")
			.isFalse();
		assertThat(answered(200, Map.of("Date", late))).as("nobody complains").isFalse();
		assertThat(claims(this.key.proof("POST", URL, TOKEN)).getIssueTime()).isEqualTo(this.clock.instant());
		assertThat(answered(401, Map.of("WWW-Authenticate", challenge, "Date", late))).isTrue();
		assertThat(claims(this.key.proof("POST", URL, TOKEN)).getIssueTime())
			.isEqualTo(this.clock.instant().plus(Duration.ofMinutes(7)));
		assertThat(claims(this.key.proof("POST", URI.create("https://other.example.com"), TOKEN)).getIssueTime())
			.isEqualTo(this.clock.instant());
		assertThat(answered(401, Map.of("WWW-Authenticate", challenge, "Date", late))).as("it is not the time, then")
			.isFalse();
		assertThat(answered(401, Map.of("WWW-Authenticate", challenge, "Date", date(Duration.ZERO))))
			.as("somebody has set the clock")
			.isTrue();
		assertThat(answered(401, Map.of("WWW-Authenticate", challenge, "Date", "yesterday"))).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "'ES256,RS256',ES256", "'RS256,ES384',ES384", "'RS256,PS256',PS256", "'none,HS256,EdDSA',", "'',",
			"'es256',", "RS256,RS256" })
	void algorithmWhenSeveralAreSupportedIsTheBest(String supported, String chosen) {
		assertThat(DPoPKey.algorithm(List.of(supported.split(",")))).isEqualTo(chosen);
	}

	@ParameterizedTest
	@ValueSource(strings = { "none", "HS256", "EdDSA", "" })
	void generateWhenAlgorithmIsNotSupportedFails(String algorithm) {
		assertThatIllegalArgumentException().isThrownBy(() -> DPoPKey.generate(algorithm, this.clock));
	}

	@ParameterizedTest
	@ValueSource(strings = { "s3cr3t-not-json", "{\"kty\":\"EC\",\"d\":\"s3cr3t\"}", "{}", "[]",
			"{\"kty\":\"oct\",\"k\":\"s3cr3ts3cr3t\"}",
			"{\"kty\":\"RSA\",\"n\":\"s3cr3t\",\"e\":\"AQAB\",\"d\":\"AA\"}" })
	void ofWhenItIsNoKeyFailsAndDoesNotSayIt(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> DPoPKey.of(Secret.of(text), this.clock))
			.withMessageNotContaining("s3cr3t")
			.withNoCause();
	}

	@Test
	void ofWhenTheKeyIsPublicFails() throws ParseException {
		Secret publicKey = Secret.of(JWK.parse(this.key.toSecret().reveal()).toPublicJWK().toJSONString());
		assertThatIllegalArgumentException().isThrownBy(() -> DPoPKey.of(publicKey, this.clock));
	}

	@Test
	void toStringWhenPrintedSaysNothingPrivate() throws ParseException, JOSEException {
		String secret = JWK.parse(this.key.toSecret().reveal()).toECKey().getD().toString();
		assertThat(this.key.toString()).contains(this.key.thumbprint()).doesNotContain(secret);
		AccessToken token = new AccessToken(TOKEN, "DPoP", null, this.key);
		assertThat(token.toString()).doesNotContain(secret, "s3cr3t");
		assertThat(this.key.proof("POST", URL, TOKEN)).doesNotContain(secret, "s3cr3t");
	}

	private boolean answered(int status, Map<String, String> headers) {
		return this.key.answered(URL, status,
				(name) -> headers.containsKey(name) ? List.of(headers.get(name)) : List.of());
	}

	private String date(Duration ahead) {
		return DateTimeFormatter.RFC_1123_DATE_TIME.format(this.clock.instant().plus(ahead).atZone(ZoneOffset.UTC));
	}

	private String nonce(URI url) throws ParseException {
		return claims(this.key.proof("POST", url, TOKEN)).getStringClaim("nonce");
	}

	private static JWTClaimsSet claims(String proof) throws ParseException {
		return SignedJWT.parse(proof).getJWTClaimsSet();
	}

}
