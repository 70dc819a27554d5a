// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.nio.file.Files;
import java.nio.file.Path;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract test of token stores as an application gets it, with the dependencies that
 * the documentation names.
 */
class PublishedContractTests extends TokenStoreContractTests {

	@TempDir
	private Path directory;

	@Override
	protected TokenStore createStore() {
		return new FileTokenStore(this.directory);
	}

	@Override
	protected void damage(GrantKey key) throws Exception {
		Files.writeString(Path.of(createStore().location(key)), "{\"access");
	}

}
