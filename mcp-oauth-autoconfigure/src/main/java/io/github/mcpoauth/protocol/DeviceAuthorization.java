/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.protocol;

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
