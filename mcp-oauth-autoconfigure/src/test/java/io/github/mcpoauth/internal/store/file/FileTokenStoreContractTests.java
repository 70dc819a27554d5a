// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link FileTokenStore} keeps the contract of a token store.
 */
class FileTokenStoreContractTests extends TokenStoreContractTests {

	@TempDir
	private Path directory;

	@Override
	protected TokenStore createStore() {
		return new FileTokenStore(this.directory.resolve("tokens"));
	}

	@Override
	protected void damage(GrantKey key) throws IOException {
		Files.writeString(this.directory.resolve("tokens").resolve(FileTokenStore.fileName(key)), "{\"access_tok");
	}

}
