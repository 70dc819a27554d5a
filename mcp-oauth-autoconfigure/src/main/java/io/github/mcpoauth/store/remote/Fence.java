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

package io.github.mcpoauth.store.remote;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;

/**
 * What a write compares with what is stored, at the server and in the same step: a writer
 * whose lock ran out finds another fence than the one it read, and loses.
 *
 * @param generation the generation
 * @param tokens a one-way digest of both tokens
 */
public record Fence(long generation, String tokens) {

	/**
	 * The fence of a grant.
	 * @param grant a grant as it is or will be stored
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
