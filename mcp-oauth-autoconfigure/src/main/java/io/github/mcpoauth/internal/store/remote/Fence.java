// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.remote;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;

/**
 * The part of a grant that a write compares on the server, in the same step: a writer
 * with an expired lock finds another fence than the one it read, and writes nothing.
 *
 * @param generation the generation
 * @param tokens a one-way digest of both tokens
 */
public record Fence(long generation, String tokens) {

	/**
	 * The fence of a grant.
	 * @param grant a grant as stored, or to be stored
	 * @return its fence
	 */
	public static Fence of(Grant grant) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update(grant.accessToken().reveal().getBytes(StandardCharsets.UTF_8));
			Secret refreshToken = grant.refreshToken();
			if (refreshToken != null) {
				digest.update((byte) 0);
				digest.update(refreshToken.reveal().getBytes(StandardCharsets.UTF_8));
			}
			return new Fence(grant.generation(), HexFormat.of().formatHex(digest.digest()));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
