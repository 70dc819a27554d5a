// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.oauth2.sdk.dpop.DPoPProofFactory;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.id.JWTID;
import com.nimbusds.oauth2.sdk.token.DPoPAccessToken;
import com.nimbusds.openid.connect.sdk.Nonce;
import io.github.mcpoauth.ProofOfPossession;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.address.HttpAddress;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A key that tokens are bound to, and the proofs that are made with it (RFC 9449). Keep
 * the instance for as long as the key: it remembers the nonces of the resource servers
 * that proofs were made for, each origin's apart.
 */
public final class DPoPKey implements ProofOfPossession {

	/**
	 * The supported algorithms, best first. Only one of them is cheap.
	 */
	private static final List<JWSAlgorithm> PREFERRED = List.of(JWSAlgorithm.ES256, JWSAlgorithm.ES384,
			JWSAlgorithm.ES512, JWSAlgorithm.PS256, JWSAlgorithm.RS256);

	private static final int RSA_BITS = 2048;

	private static final int JTI_BYTES = 16;

	private static final int BAD_REQUEST = 400;

	private static final int UNAUTHORIZED = 401;

	private final Secret secret;

	private final String thumbprint;

	private final DPoPProofFactory proofs;

	private final Clock clock;

	private final ProofExpectations expectations = new ProofExpectations();

	private DPoPKey(Secret secret, JWK jwk, JWSAlgorithm algorithm, Clock clock) throws JOSEException {
		this.secret = secret;
		this.thumbprint = jwk.computeThumbprint().toString();
		this.proofs = new DefaultDPoPProofFactory(jwk, algorithm);
		this.clock = clock;
	}

	/**
	 * Choose an algorithm.
	 * @param supported the JWS algorithms that a server supports
	 * @return the best supported one, or {@code null}
	 */
	public static @Nullable String algorithm(Collection<String> supported) {
		return PREFERRED.stream().map(JWSAlgorithm::getName).filter(supported::contains).findFirst().orElse(null);
	}

	/**
	 * Make a new key. Takes a fraction of a millisecond for an elliptic curve, and up to
	 * seconds for RSA.
	 * @param algorithm a JWS algorithm, from {@link #algorithm}
	 * @param clock says when a proof is made
	 * @return the key
	 */
	public static DPoPKey generate(String algorithm, Clock clock) {
		JWSAlgorithm jws = JWSAlgorithm.parse(algorithm);
		Assert.isTrue(PREFERRED.contains(jws), "'algorithm' must be one that is supported");
		try {
			JWK jwk = JWSAlgorithm.Family.EC.contains(jws)
					? new ECKeyGenerator(Curve.forJWSAlgorithm(jws).iterator().next()).algorithm(jws).generate()
					: new RSAKeyGenerator(RSA_BITS).algorithm(jws).generate();
			return new DPoPKey(Secret.of(jwk.toJSONString()), jwk, jws, clock);
		}
		catch (JOSEException ex) {
			throw new IllegalStateException("This Java platform cannot sign with %s".formatted(algorithm), ex);
		}
	}

	/**
	 * Understand a stored key.
	 * @param secret the result of {@link #toSecret()}
	 * @param clock says when a proof is made
	 * @return the key
	 * @throws IllegalArgumentException if it is no key that we can sign with. The message
	 * says nothing of it
	 */
	public static DPoPKey of(Secret secret, Clock clock) {
		try {
			JWK jwk = JWK.parse(secret.reveal());
			JWSAlgorithm algorithm = (jwk.getAlgorithm() != null) ? JWSAlgorithm.parse(jwk.getAlgorithm().getName())
					: JWSAlgorithm.ES256;
			if (jwk.isPrivate() && PREFERRED.contains(algorithm)) {
				return new DPoPKey(secret, jwk, algorithm, clock);
			}
		}
		catch (ParseException | JOSEException | RuntimeException ex) {
			// Their messages quote the text they could not parse, which holds the key
		}
		throw new IllegalArgumentException("It is not a private key as JWK (RFC 7517) that can be signed with");
	}

	/**
	 * The private key, to be stored.
	 * @return the key as JWK (RFC 7517)
	 */
	public Secret toSecret() {
		return this.secret;
	}

	/**
	 * The thumbprint that tokens are bound to.
	 * @return the SHA-256 thumbprint of the key (RFC 7638)
	 */
	public String thumbprint() {
		return this.thumbprint;
	}

	@Override
	public String proof(String method, URI url, Secret accessToken) {
		return proof(method, url, accessToken, this.expectations.of(HttpAddress.origin(url)));
	}

	@Override
	public boolean answered(URI url, int status, Function<String, List<String>> headers) {
		return this.expectations.heard(HttpAddress.origin(url), error(status, headers), ProofHints.of(headers),
				this.clock.instant());
	}

	private static @Nullable String error(int status, Function<String, List<String>> headers) {
		if (status != UNAUTHORIZED && status != BAD_REQUEST) {
			return null;
		}
		return Challenge.parse(headers.apply("WWW-Authenticate"))
			.stream()
			.filter((challenge) -> challenge.is(DPOP))
			.map((challenge) -> challenge.parameter("error"))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	/**
	 * Make a proof.
	 * @param method method of the request
	 * @param url address of the request
	 * @param accessToken the token that goes with it, {@code null} for a request to an
	 * authorization server
	 * @param expected the nonce and clock that the server expects
	 * @return the proof
	 */
	String proof(String method, URI url, @Nullable Secret accessToken, ProofExpectations.Expected expected) {
		Instant issuedAt = this.clock.instant().plus(expected.ahead());
		try {
			return this.proofs
				.createDPoPJWT(new JWTID(JTI_BYTES), method, target(url), Date.from(issuedAt),
						(accessToken != null) ? new DPoPAccessToken(accessToken.reveal()) : null,
						(expected.nonce() != null) ? new Nonce(expected.nonce()) : null)
				.serialize();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException("A key that was fine cannot be signed with", ex);
		}
	}

	/**
	 * The address without query and fragment, with the path that goes over the wire.
	 */
	private static URI target(URI url) {
		String path = url.getRawPath();
		return URI.create(url.getScheme() + "://" + hostAndPort(url) + ((path == null || path.isEmpty()) ? "/" : path));
	}

	private static String hostAndPort(URI url) {
		String authority = String.valueOf(url.getRawAuthority());
		return authority.substring(authority.lastIndexOf('@') + 1);
	}

	@Override
	public String toString() {
		return "DPoPKey[thumbprint=%s]".formatted(this.thumbprint);
	}

}
