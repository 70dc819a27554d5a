// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.SignedJWT;
import org.jspecify.annotations.Nullable;

/**
 * A server whose clock is ten minutes ahead, and which refuses assertions of the past
 * (tsidp#73, caddy-security#13).
 */
final class FastClock extends StandIn {

	private static final Duration AHEAD = Duration.ofMinutes(10);

	private final ECKey key = generate();

	@Override
	String vendor() {
		return "fast clock";
	}

	@Override
	List<String> settings() {
		return List.of("oauth.client-id=signer", "oauth.private-key=" + this.key.toJSONString(),
				"oauth.authorization-server=" + issuer());
	}

	@Override
	Map<String, Object> metadata() {
		Map<String, Object> metadata = super.metadata();
		metadata.put("token_endpoint_auth_methods_supported", List.of("private_key_jwt"));
		metadata.put("token_endpoint_auth_signing_alg_values_supported", List.of("ES256"));
		return metadata;
	}

	@Override
	@Nullable Reply refuse(Call call) {
		Instant now = Instant.now().plus(AHEAD);
		try {
			SignedJWT assertion = SignedJWT.parse(Call.form(call.body()).getOrDefault("client_assertion", ""));
			return assertion.getJWTClaimsSet().getExpirationTime().toInstant().isAfter(now) ? null
					: Reply.json(401, Map.of("error", "invalid_client"))
						.header("Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(now.atOffset(ZoneOffset.UTC)));
		}
		catch (ParseException ex) {
			return Reply.json(401, Map.of("error", "invalid_client"));
		}
	}

	private static ECKey generate() {
		try {
			return new ECKeyGenerator(Curve.P_256).keyID("agent").generate();
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
