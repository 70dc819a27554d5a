// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

import io.github.mcpoauth.test.AuthorizationEndpoints.Owner;
import io.github.mcpoauth.test.LoopbackHttp.Request;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The proof of possession of a request (RFC 9449). Its signature is not checked: a test
 * asks whether the application proves the right key for the right request.
 */
final class Proof {

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private Proof() {
	}

	/**
	 * The key of a request.
	 * @param request the request
	 * @return the key, {@code null} if the request has no proof
	 */
	static @Nullable String key(Request request) {
		String proof = request.header("DPoP");
		return (proof != null && part(proof, 0).get("jwk") instanceof Map<?, ?> key) ? new TreeMap<>(key).toString()
				: null;
	}

	/**
	 * Whether a request proves the key that a token is bound to.
	 * @param request the request
	 * @param token the access token
	 * @param owner its owner
	 * @return {@code true} if it does, or the token is not bound
	 */
	static boolean fits(Request request, String token, Owner owner) {
		if (owner.key() == null) {
			return true;
		}
		String proof = request.header("DPoP");
		if (proof == null || !owner.key().equals(key(request))) {
			return false;
		}
		Map<String, Object> claims = part(proof, 1);
		return AuthorizationEndpoints.challenge(token).equals(claims.get("ath"))
				&& request.method().equals(claims.get("htm"));
	}

	private static Map<String, Object> part(String proof, int index) {
		String[] parts = proof.split("\\.");
		byte[] json = Base64.getUrlDecoder().decode((parts.length == 3) ? parts[index] : "");
		return (json.length > 0) ? JsonMapper.shared().readValue(new String(json, StandardCharsets.UTF_8), MEMBERS)
				: Map.of();
	}

}
