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

package io.github.mcpoauth.store.jdbc;

import java.util.UUID;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import io.github.mcpoauth.store.remote.RemoteStoreSettings;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/**
 * The contract of a token store, kept by {@link JdbcTokenStore} on a database that pushes
 * nothing.
 */
class H2TokenStoreTests extends TokenStoreContractTests {

	private final JdbcConnectionPool dataSource = JdbcConnectionPool
		.create("jdbc:h2:mem:%s;DB_CLOSE_DELAY=-1".formatted(UUID.randomUUID()), "sa", "");

	@Override
	protected TokenStore createStore() {
		new ResourceDatabasePopulator(new ClassPathResource("schema-h2.sql", JdbcTokenStore.class))
			.execute(this.dataSource);
		return new JdbcTokenStore(this.dataSource, this.dataSource, RemoteStoreSettings.defaults());
	}

	@Override
	protected void damage(GrantKey key) {
		new JdbcTemplate(this.dataSource).update("UPDATE mcp_oauth_grant SET content = '{\"access' WHERE grant_key = ?",
				key.server());
	}

	@AfterEach
	void shutDown() {
		new JdbcTemplate(this.dataSource).execute("SHUTDOWN");
		this.dataSource.dispose();
	}

}
