// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.nimbusds.jose.Algorithm;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.oauth2.sdk.auth.JWTAuthenticationClaimsSet;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.JWTID;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * A private key to sign with, as it was read just now.
 *
 * @param key the key
 * @param algorithm the signature algorithm
 * @param keyId name of the key, or {@code null}
 */
public record ClientKey(PrivateKey key, JWSAlgorithm algorithm, @Nullable String keyId) {

	private static final Duration LIFETIME = Duration.ofMinutes(2);

	private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \\1-----");

	/**
	 * Read a key. Blocks where it is in a file.
	 * @param settings where it is
	 * @param now the instant, which decides between the keys of a JWK Set
	 * @return the key
	 * @throws UnavailableException if the file cannot be read
	 * @throws UnusableException if it is no key to sign with, or not one for the
	 * algorithm
	 */
	public static ClientKey read(SigningKey settings, Instant now) {
		Secret value = settings.value();
		Path file = settings.file();
		if (value != null) {
			return parse("The private key in the settings", value.reveal(), settings, now);
		}
		if (file == null) {
			throw new IllegalStateException("A key is in the settings or in a file");
		}
		try {
			return parse("The private key in %s".formatted(file), Files.readString(file, StandardCharsets.UTF_8),
					settings, now);
		}
		catch (IOException ex) {
			throw new UnavailableException(
					"The private key in %s cannot be read: %s".formatted(file, FileFailure.reason(ex)), null, null);
		}
	}

	private static ClientKey parse(String what, String text, SigningKey settings, Instant now) {
		String content = text.strip();
		try {
			return content.startsWith("{") ? ofJwk(what, content, settings, now) : ofPem(what, content, settings);
		}
		catch (GeneralSecurityException | JOSEException | java.text.ParseException | IllegalArgumentException ex) {
			// Without the cause: its message may repeat the secret text
			throw new UnusableException("%s cannot be understood".formatted(what));
		}
	}

	private static ClientKey ofJwk(String what, String content, SigningKey settings, Instant now)
			throws JOSEException, java.text.ParseException {
		JWK jwk = ClientKeySet.parse(content).signing(now);
		PrivateKey key = (jwk instanceof AsymmetricJWK asymmetric) ? asymmetric.toPrivateKey() : null;
		if (key == null) {
			throw new UnusableException("%s is a JSON Web Key without a private part".formatted(what));
		}
		Algorithm named = jwk.getAlgorithm();
		return of(what, key, settings.algorithm(), (named != null) ? named.getName() : null,
				(settings.keyId() != null) ? settings.keyId() : jwk.getKeyID());
	}

	private static ClientKey ofPem(String what, String content, SigningKey settings) throws GeneralSecurityException {
		Matcher pem = PEM.matcher(content);
		if (!pem.find()) {
			throw new UnusableException("%s is neither PEM nor a JSON Web Key".formatted(what));
		}
		if (!"PRIVATE KEY".equals(pem.group(1))) {
			throw new UnusableException(
					"%s is of the kind %s. Convert it to PKCS #8, for example with 'openssl pkcs8 -topk8 -nocrypt'"
						.formatted(what, UntrustedText.quote(pem.group(1))));
		}
		PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(2)));
		return of(what, privateKey(encoded), settings.algorithm(), null, settings.keyId());
	}

	private static PrivateKey privateKey(PKCS8EncodedKeySpec encoded) throws GeneralSecurityException {
		try {
			return KeyFactory.getInstance("RSA").generatePrivate(encoded);
		}
		catch (InvalidKeySpecException ex) {
			return KeyFactory.getInstance("EC").generatePrivate(encoded);
		}
	}

	private static ClientKey of(String what, PrivateKey key, @Nullable String configured, @Nullable String named,
			@Nullable String keyId) {
		String algorithm = (configured != null) ? configured : (named != null) ? named : usual(what, key);
		boolean elliptic = key instanceof ECPrivateKey;
		boolean fits = elliptic ? usual(what, key).equals(algorithm) : algorithm.matches("(RS|PS)(256|384|512)");
		if (!fits) {
			throw new UnusableException(
					"%s is not one to sign with %s".formatted(what, UntrustedText.quote(algorithm)));
		}
		return new ClientKey(key, JWSAlgorithm.parse(algorithm), keyId);
	}

	/**
	 * The algorithm of the key's curve, or for RSA the one that is mandatory to
	 * implement.
	 */
	private static String usual(String what, PrivateKey key) {
		if (!(key instanceof ECPrivateKey elliptic)) {
			return JWSAlgorithm.RS256.getName();
		}
		Curve curve = Curve.forECParameterSpec(elliptic.getParams());
		if (Curve.P_256.equals(curve)) {
			return JWSAlgorithm.ES256.getName();
		}
		if (Curve.P_384.equals(curve)) {
			return JWSAlgorithm.ES384.getName();
		}
		if (Curve.P_521.equals(curve)) {
			return JWSAlgorithm.ES512.getName();
		}
		throw new UnusableException("%s is on another curve than P-256, P-384 and P-521".formatted(what));
	}

	/**
	 * Authenticate a client (RFC 7523, section 2.2) for one request.
	 * @param clientId its identifier
	 * @param audience the audience of the assertion
	 * @param now when that is
	 * @return the authentication
	 */
	PrivateKeyJWT sign(String clientId, String audience, Instant now) {
		JWTAuthenticationClaimsSet claims = new JWTAuthenticationClaimsSet(new ClientID(clientId),
				List.of(new Audience(audience)), Date.from(now.plus(LIFETIME)), null, Date.from(now), new JWTID());
		try {
			return new PrivateKeyJWT(claims, this.algorithm, this.key, this.keyId, null);
		}
		catch (JOSEException ex) {
			throw new UnusableException(
					"The private key of the client %s cannot be signed with".formatted(UntrustedText.quote(clientId)));
		}
	}

	@Override
	public String toString() {
		return "ClientKey[algorithm=%s, keyId=%s]".formatted(this.algorithm, this.keyId);
	}

}
