// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;
import java.time.Instant;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.Secret;

/**
 * A device authorization response (RFC 8628, section 3.2) and the audience its device
 * code is exchanged with. It belongs to one login.
 *
 * @param deviceCode the device code
 * @param userCode the code and addresses shown to the user
 * @param expiresAt when both codes expire
 * @param interval the least time between two requests to the token endpoint
 * @param audience the endpoint that exchanges the device code, and the scope it was
 * requested for
 */
public record DeviceAuthorization(Secret deviceCode, Login.UserCode userCode, Instant expiresAt, Duration interval,
		TokenAudience audience) {

}
