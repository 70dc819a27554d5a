// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.testing.ForeignParser;

/**
 * The parsers of this package, for {@link io.github.mcpoauth.testing.ForeignParsers}.
 */
public final class SealParsers {

	private static final GrantKey KEY = GrantKey.of("github");

	private SealParsers() {
	}

	/**
	 * The parsers.
	 */
	public static List<ForeignParser> all() {
		EncryptionKeys keys = EncryptionKeys.of(List.of(Secret.of(Base64.getEncoder().encodeToString(new byte[32]))));
		Seal seal = new Seal(keys);
		RecordSeal records = new RecordSeal(keys, false);
		String metadata = String
			.valueOf(records.sealMetadata(KEY, Map.of("issuer", "https://as.example.com")).get("sealed"));
		return List.of(
				new ForeignParser("sealed text", List.of(seal.seal(KEY, "access_token", "c", "a")),
						Set.of(Seal.SealedException.class), (text) -> seal.open(KEY, "access_token", "c", text)),
				new ForeignParser("sealed metadata", List.of(metadata), Set.of(Seal.SealedException.class),
						(text) -> records.openMetadata(KEY, Map.of("sealed", text))));
	}

}
