// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.store.encrypted.EncryptedTokenStore;
import io.github.mcpoauth.internal.store.encrypted.EncryptionKeys;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.StringUtils;
import org.springframework.util.function.SingletonSupplier;

/**
 * Encrypts the records of any store if there are keys.
 */
final class StoreEncryption {

	private static final String KEYS = "mcp.oauth.store.encryption.keys";

	private static final String KEY_FILE = "mcp.oauth.store.encryption.key-file";

	private static final String ACTION = "Give each key as 32 random bytes in Base64, for example from `openssl rand -base64 32`.";

	private final ConfigurableEnvironment environment;

	private final McpOAuthProperties.Encryption encryption;

	private final SingletonSupplier<EncryptionKeys> keys = SingletonSupplier.of(this::keys);

	/**
	 * Create the encryption. The keys are read when a store is there.
	 * @param environment names the source of a property
	 * @param encryption the keys
	 */
	StoreEncryption(ConfigurableEnvironment environment, McpOAuthProperties.Encryption encryption) {
		this.environment = environment;
		this.encryption = encryption;
	}

	/**
	 * Put encryption in front of a store.
	 * @param store the store
	 * @return the store, which encrypts if there are keys, and otherwise refuses
	 * encrypted records: an encrypted text must not be sent as if it were a token, and
	 * nothing must be deleted because it is refused
	 */
	TokenStore of(TokenStore store) {
		return new EncryptedTokenStore(store, this.keys.obtain(), this.encryption.allowPlain());
	}

	/**
	 * The records of the store as the manager uses them. An application may build its
	 * manager without a store that is a bean.
	 * @param store the store, {@code null} if absent
	 * @return the records, {@code null} if there is no store, or it keeps no logins
	 */
	@Nullable LoginRecords logins(@Nullable TokenStore store) {
		return (store != null) ? of(store).logins() : null;
	}

	private EncryptionKeys keys() {
		String file = this.encryption.keyFile();
		boolean fromFile = StringUtils.hasText(file);
		List<Secret> keys = new ArrayList<>(this.encryption.keys());
		if (file != null && fromFile) {
			if (!keys.isEmpty()) {
				throw McpOAuthConfiguration.problem(this.environment, KEY_FILE, "there are keys at 'keys', too",
						"Set one of the two.");
			}
			keys.addAll(read(file));
		}
		try {
			return keys.isEmpty() ? EncryptionKeys.none() : EncryptionKeys.of(keys);
		}
		catch (IllegalArgumentException ex) {
			throw McpOAuthConfiguration.problem(this.environment, fromFile ? KEY_FILE : KEYS,
					String.valueOf(ex.getMessage()), ACTION);
		}
	}

	private List<Secret> read(String file) {
		try {
			List<Secret> keys = Files.readAllLines(Path.of(file))
				.stream()
				.map(String::strip)
				.filter(StringUtils::hasText)
				.map(Secret::of)
				.toList();
			if (keys.isEmpty()) {
				throw McpOAuthConfiguration.problem(this.environment, KEY_FILE, "the file is empty", ACTION);
			}
			return keys;
		}
		catch (IOException ex) {
			throw McpOAuthConfiguration.problem(this.environment, KEY_FILE,
					"the file cannot be read: %s".formatted(FileFailure.reason(ex)),
					"Correct the path, or make the file readable for the application.");
		}
	}

}
