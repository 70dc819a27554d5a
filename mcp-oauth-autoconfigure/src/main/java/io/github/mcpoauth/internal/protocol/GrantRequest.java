// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.Secret;

/**
 * A request for a grant without a user (RFC 6749, section 4.4; RFC 7523, section 2.1; RFC
 * 8693, section 2.1).
 *
 * @param grantType the grant type
 * @param secrets parameters that hold the presented credential, for example
 * {@code assertion}
 * @param parameters further parameters
 * @param audience the authorization server to send the request to
 */
public record GrantRequest(GrantType grantType, Map<String, Secret> secrets, Map<String, String> parameters,
		TokenAudience audience) {

	public GrantRequest {
		secrets = Collections.unmodifiableMap(new LinkedHashMap<>(secrets));
		parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

}
