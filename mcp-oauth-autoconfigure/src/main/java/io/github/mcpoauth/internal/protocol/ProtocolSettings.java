// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Bounds of every exchange with an authorization server or for metadata.
 *
 * @param tokenTimeout how long one exchange with an endpoint of the authorization server
 * may take, from subscription to the last byte
 * @param discoveryTimeout how long fetching one metadata document may take
 * @param maxBody the longest body that is read, in bytes
 * @param allowPrivateAddresses whether servers may name private and link-local addresses
 */
public record ProtocolSettings(Duration tokenTimeout, Duration discoveryTimeout, int maxBody,
		boolean allowPrivateAddresses) {

	/**
	 * Default bound of one exchange with an endpoint of the authorization server.
	 */
	public static final Duration DEFAULT_TOKEN_TIMEOUT = Duration.ofSeconds(30);

	/**
	 * Default bound of fetching one metadata document.
	 */
	public static final Duration DEFAULT_DISCOVERY_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * Default bound of a body.
	 */
	public static final int DEFAULT_MAX_BODY = 1024 * 1024;

	public ProtocolSettings {
		Assert.isTrue(!tokenTimeout.isNegative() && !tokenTimeout.isZero(), "'tokenTimeout' must be positive");
		Assert.isTrue(!discoveryTimeout.isNegative() && !discoveryTimeout.isZero(),
				"'discoveryTimeout' must be positive");
		Assert.isTrue(maxBody > 0, "'maxBody' must be positive");
	}

	/**
	 * The default bounds.
	 * @return the settings
	 */
	public static ProtocolSettings defaults() {
		return new ProtocolSettings(DEFAULT_TOKEN_TIMEOUT, DEFAULT_DISCOVERY_TIMEOUT, DEFAULT_MAX_BODY, false);
	}

}
