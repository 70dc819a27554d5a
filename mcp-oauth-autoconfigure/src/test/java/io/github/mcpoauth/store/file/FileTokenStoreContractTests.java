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

package io.github.mcpoauth.store.file;

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
