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

/**
 * Encrypts the records of any store if there are keys.
 */
final class StoreEncryption {

	private static final String KEYS = "mcp.oauth.store.encryption.keys";

	private static final String KEY_FILE = "mcp.oauth.store.encryption.key-file";

	private static final String ACTION = "Give each key as 32 random bytes in Base64, for example from `openssl rand -base64 32`.";

	private StoreEncryption() {
	}

	/**
	 * Put encryption in front of a store.
	 * @param environment names the source of a property
	 * @param encryption the keys
	 * @param store the store
	 * @return the store, which encrypts if there are keys, and otherwise refuses
	 * encrypted records
	 */
	static TokenStore of(ConfigurableEnvironment environment, McpOAuthProperties.Encryption encryption,
			TokenStore store) {
		String file = encryption.keyFile();
		boolean fromFile = StringUtils.hasText(file);
		List<Secret> keys = new ArrayList<>(encryption.keys());
		if (file != null && fromFile) {
			if (!keys.isEmpty()) {
				throw McpOAuthConfiguration.problem(environment, KEY_FILE, "there are keys at 'keys', too",
						"Set one of the two.");
			}
			keys.addAll(read(environment, file));
		}
		if (keys.isEmpty()) {
			// Without a key, too: an encrypted text must not be sent as if it were a
			// token, and nothing must be deleted because it is refused
			return new EncryptedTokenStore(store, EncryptionKeys.none(), true);
		}
		try {
			return new EncryptedTokenStore(store, EncryptionKeys.of(keys), encryption.allowPlain());
		}
		catch (IllegalArgumentException ex) {
			throw McpOAuthConfiguration.problem(environment, fromFile ? KEY_FILE : KEYS,
					String.valueOf(ex.getMessage()), ACTION);
		}
	}

	/**
	 * The records of the store as the manager uses them. An application may build its
	 * manager without a store that is a bean.
	 * @param environment names the source of a property
	 * @param encryption the keys
	 * @param store the store, {@code null} if absent
	 * @return the records, {@code null} if there is no store, or it keeps no logins
	 */
	static @Nullable LoginRecords logins(ConfigurableEnvironment environment, McpOAuthProperties.Encryption encryption,
			@Nullable TokenStore store) {
		return (store != null) ? of(environment, encryption, store).logins() : null;
	}

	private static List<Secret> read(ConfigurableEnvironment environment, String file) {
		try {
			List<Secret> keys = Files.readAllLines(Path.of(file))
				.stream()
				.map(String::strip)
				.filter(StringUtils::hasText)
				.map(Secret::of)
				.toList();
			if (keys.isEmpty()) {
				throw McpOAuthConfiguration.problem(environment, KEY_FILE, "the file is empty", ACTION);
			}
			return keys;
		}
		catch (IOException ex) {
			throw McpOAuthConfiguration.problem(environment, KEY_FILE,
					"the file cannot be read: %s".formatted(FileFailure.reason(ex)),
					"Correct the path, or make the file readable for the application.");
		}
	}

}
