// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The keys of stored secrets. The first one encrypts. The others only decrypt records
 * that were encrypted with them, and can be removed when all of these have been written
 * again. Without a key nothing is encrypted, and nothing that is encrypted is read.
 */
public final class EncryptionKeys {

	private static final byte[] ID_PREFIX = "mcp-oauth key id".getBytes(StandardCharsets.US_ASCII);

	private static final int KEY_BYTES = 32;

	private static final EncryptionKeys NONE = new EncryptionKeys(Map.of(), null);

	private final Map<String, SecretKey> keys;

	private final @Nullable String current;

	private EncryptionKeys(Map<String, SecretKey> keys, @Nullable String current) {
		this.keys = keys;
		this.current = current;
	}

	/**
	 * No key.
	 * @return the keys
	 */
	public static EncryptionKeys none() {
		return NONE;
	}

	/**
	 * Take keys.
	 * @param keys the keys, each 32 random bytes in Base64, the one that encrypts first
	 * @return the keys
	 * @throws IllegalArgumentException if the list is empty, or an element is not such a
	 * key. The message has its position, and not its value
	 */
	public static EncryptionKeys of(List<Secret> keys) {
		Assert.notEmpty(keys, "'keys' must not be empty");
		Map<String, SecretKey> byId = new LinkedHashMap<>();
		List<String> ids = new ArrayList<>();
		for (Secret key : keys) {
			byte[] bytes = decode(key, ids.size() + 1);
			ids.add(id(bytes));
			byId.put(ids.get(ids.size() - 1), new SecretKeySpec(bytes, "AES"));
			Arrays.fill(bytes, (byte) 0);
		}
		return new EncryptionKeys(Collections.unmodifiableMap(byId), ids.get(0));
	}

	/**
	 * The identifier of the key that encrypts.
	 * @return a one-way digest of it, {@code null} if there is no key
	 */
	@Nullable String current() {
		return this.current;
	}

	Set<String> ids() {
		return this.keys.keySet();
	}

	@Nullable SecretKey find(String id) {
		return this.keys.get(id);
	}

	@Override
	public String toString() {
		return "EncryptionKeys" + this.keys.keySet();
	}

	private static byte[] decode(Secret key, int position) {
		try {
			byte[] bytes = Base64.getDecoder().decode(key.reveal().strip());
			if (bytes.length == KEY_BYTES) {
				return bytes;
			}
		}
		catch (IllegalArgumentException ex) {
			// Its message quotes a part of the key
		}
		throw new IllegalArgumentException(
				"encryption key %d is not %d bytes in Base64; make one with `openssl rand -base64 %d`"
					.formatted(position, KEY_BYTES, KEY_BYTES));
	}

	private static String id(byte[] key) {
		try {
			MessageDigest digest = MessageDigest.getInstance("SHA-256");
			digest.update(ID_PREFIX);
			return HexFormat.of().formatHex(digest.digest(key), 0, 4);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
