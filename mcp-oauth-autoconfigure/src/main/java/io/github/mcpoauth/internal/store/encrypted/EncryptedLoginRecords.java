// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.store.encrypted.Seal.SealedException;
import io.github.mcpoauth.store.LoginRecords;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Encrypts the key of the logins, which seals all their texts. A key that is not
 * encrypted, or encrypted with an older key, is written again when it is read.
 */
final class EncryptedLoginRecords implements LoginRecords {

	private final LoginRecords records;

	private final RecordSeal seal;

	EncryptedLoginRecords(LoginRecords records, RecordSeal seal) {
		this.records = records;
		this.seal = seal;
	}

	@Override
	public Mono<String> load(GrantKey key) {
		return this.records.load(key);
	}

	@Override
	public Mono<Boolean> replace(GrantKey key, @Nullable String expected, @Nullable String next, Duration lifetime) {
		return this.records.replace(key, expected, next, lifetime);
	}

	/**
	 * No caller sees the sealed text, so the key to replace is compared when it is
	 * opened.
	 */
	@Override
	public Mono<String> key(@Nullable String expected, String next) {
		return Mono.defer(() -> this.records.key(null, this.seal.sealLoginKey(next))).flatMap((sealed) -> {
			String present = open(sealed);
			String wanted = present.equals(expected) ? next : present;
			if (wanted.equals(present) && this.seal.isCurrent(sealed)) {
				return Mono.just(present);
			}
			// Another process may be faster: then its key counts
			return this.records.key(sealed, this.seal.sealLoginKey(wanted)).map(this::open);
		});
	}

	@Override
	public boolean removesExpired() {
		return this.records.removesExpired();
	}

	@Override
	public boolean outliveProcess() {
		return this.records.outliveProcess();
	}

	private String open(String sealed) {
		try {
			return this.seal.openLoginKey(sealed);
		}
		catch (SealedException ex) {
			throw new TokenStoreException("*",
					"The key of the logins that wait for users cannot be decrypted: it was encrypted %s. Configure the key it was encrypted with ('mcp.oauth.store.encryption.keys' or '.key-file'), or remove it from the store, and the next login makes a new one"
						.formatted(ex.reason()),
					null);
		}
	}

}
