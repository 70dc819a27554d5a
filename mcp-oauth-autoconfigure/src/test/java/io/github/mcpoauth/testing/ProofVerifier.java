// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;

/**
 * Checks DPoP proofs as a strict server does (RFC 9449, section 4.3), and keeps them.
 */
public final class ProofVerifier {

	private static final Duration TOLERANCE = Duration.ofSeconds(60);

	private Clock clock;

	private final Set<String> seen = new HashSet<>();

	private final List<Proof> accepted = new ArrayList<>();

	private @Nullable String nonce;

	ProofVerifier(Clock clock) {
		this.clock = clock;
	}

	/**
	 * The nonce that proofs must have from now on, {@code null} for none.
	 */
	public synchronized ProofVerifier nonce(@Nullable String nonce) {
		this.nonce = nonce;
		return this;
	}

	/**
	 * Go by the time of this machine, as the {@code Date} of all answers does, and not by
	 * the test's clock.
	 */
	public synchronized ProofVerifier byTheWallClock() {
		this.clock = Clock.systemUTC();
		return this;
	}

	/**
	 * The proofs that were accepted so far.
	 */
	public synchronized List<Proof> accepted() {
		return List.copyOf(this.accepted);
	}

	/**
	 * Put the nonce on an answer.
	 */
	synchronized Response stamp(Response response) {
		return (this.nonce != null) ? response.header("DPoP-Nonce", this.nonce) : response;
	}

	/**
	 * Check the proof of a request.
	 * @param url address of the endpoint
	 * @param accessToken the token that comes with it, {@code null} for none
	 * @return the proof or an error code
	 */
	synchronized Result verify(Request request, URI url, @Nullable String accessToken) {
		try {
			List<String> headers = request.headers().getOrDefault("dpop", List.of());
			require(headers.size() == 1, "there must be one proof");
			SignedJWT jwt = SignedJWT.parse(headers.get(0));
			require("dpop+jwt".equals(String.valueOf(jwt.getHeader().getType())), "typ");
			JWK jwk = Objects.requireNonNull(jwt.getHeader().getJWK(), "jwk");
			require(!jwk.isPrivate() && jwk instanceof AsymmetricJWK, "the key must be a public one");
			require(jwt.verify(new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(),
					((AsymmetricJWK) jwk).toPublicKey())), "signature");
			JWTClaimsSet claims = jwt.getJWTClaimsSet();
			require(request.method().equals(claims.getStringClaim("htm")), "htm");
			require(url.toString().equals(claims.getStringClaim("htu")), "htu");
			require(Objects.equals((accessToken != null) ? digest(accessToken) : null, claims.getStringClaim("ath")),
					"ath");
			Instant issuedAt = claims.getIssueTime().toInstant();
			require(Duration.between(issuedAt, this.clock.instant()).abs().compareTo(TOLERANCE) < 0, "iat");
			String used = claims.getStringClaim("nonce");
			if (this.nonce != null && !this.nonce.equals(used)) {
				return new Result(null, "use_dpop_nonce", "another nonce");
			}
			require(claims.getJWTID() != null && this.seen.add(claims.getJWTID()), "jti");
			Proof proof = new Proof(jwk.computeThumbprint().toString(), claims.getJWTID(), used, issuedAt,
					jwt.getHeader().getAlgorithm().getName());
			this.accepted.add(proof);
			return new Result(proof, null, "");
		}
		catch (ParseException | JOSEException | IllegalArgumentException | NullPointerException ex) {
			return new Result(null, "invalid_dpop_proof", String.valueOf(ex.getMessage()));
		}
	}

	private static void require(boolean condition, String what) {
		if (!condition) {
			throw new IllegalArgumentException(what);
		}
	}

	private static String digest(String token) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
			return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A proof that was accepted.
	 */
	public record Proof(String thumbprint, String jti, @Nullable String nonce, Instant issuedAt, String algorithm) {

	}

	/**
	 * What came of a check: a proof, or an error code and what is wrong.
	 */
	record Result(@Nullable Proof proof, @Nullable String error, String reason) {

	}

}
