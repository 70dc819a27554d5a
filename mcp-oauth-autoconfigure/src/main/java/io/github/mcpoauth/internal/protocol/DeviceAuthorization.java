// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.UserCode;
import org.jspecify.annotations.Nullable;

/**
 * A device authorization response (RFC 8628, section 3.2) together with all it takes to
 * turn its device code into a grant. It answers for one login and is kept in memory only.
 *
 * @param deviceCode the device code
 * @param userCode what the person needs
 * @param expiresAt when both codes expire
 * @param interval the least time between two requests to the token endpoint
 * @param issuer issuer of the authorization server, from its validated metadata
 * @param tokenEndpoint its token endpoint
 * @param scopes the scopes that were asked for
 * @param resource the resource indicator, sent byte for byte, {@code null} to send none
 * @param authMethodsSupported how clients may authenticate there, empty if not known
 */
public record DeviceAuthorization(Secret deviceCode, UserCode userCode, Instant expiresAt, Duration interval,
		String issuer, URI tokenEndpoint, Set<String> scopes, @Nullable String resource,
		List<String> authMethodsSupported) {

	public DeviceAuthorization {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		authMethodsSupported = List.copyOf(authMethodsSupported);
	}

}
