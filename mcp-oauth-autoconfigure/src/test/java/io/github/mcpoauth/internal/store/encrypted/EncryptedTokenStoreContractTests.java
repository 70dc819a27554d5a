// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.encrypted;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of a token store, kept by {@link EncryptedTokenStore} in front of files.
 */
class EncryptedTokenStoreContractTests extends TokenStoreContractTests {

	@TempDir
	private Path directory;

	@Override
	protected TokenStore createStore() {
		return new EncryptedTokenStore(new FileTokenStore(this.directory),
				EncryptionKeys.of(List.of(Secret.of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))), true);
	}

	@Override
	protected void damage(GrantKey key) throws IOException {
		Files.writeString(this.directory.resolve(FileTokenStore.fileName(key)), "{\"access");
	}

}
