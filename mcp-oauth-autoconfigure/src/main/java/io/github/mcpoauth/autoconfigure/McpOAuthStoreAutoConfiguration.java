// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.List;

import javax.sql.DataSource;

import io.github.mcpoauth.internal.store.jdbc.JdbcTokenStore;
import io.github.mcpoauth.internal.store.redis.RedisTokenStore;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.DatabaseDriver;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.jdbc.init.PlatformPlaceholderDatabaseDriverResolver;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for stores that several nodes share,
 * with the application's database or Redis. Absent, nothing changes.
 */
@AutoConfiguration(beforeName = "io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration",
		afterName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
				"org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration" })
@ConditionalOnBooleanProperty(name = "mcp.oauth.enabled", matchIfMissing = true)
@EnableConfigurationProperties(McpOAuthProperties.class)
public final class McpOAuthStoreAutoConfiguration {

	private static RemoteStoreSettings settings(McpOAuthProperties.Store store) {
		return RemoteStoreSettings.of(store.lease(), store.pollInterval());
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = "mcp.oauth.store.type", havingValue = "jdbc")
	@ConditionalOnClass({ JdbcTemplate.class, DataSourceScriptDatabaseInitializer.class })
	@ConditionalOnBean(DataSource.class)
	@ConditionalOnMissingBean(TokenStore.class)
	@EnableConfigurationProperties(McpOAuthJdbcProperties.class)
	static class Jdbc {

		private static final String SCHEMA = "classpath:io/github/mcpoauth/store/jdbc/schema-@@platform@@.sql";

		@Bean
		DataSourceScriptDatabaseInitializer mcpOAuthSchemaInitializer(DataSource dataSource,
				McpOAuthJdbcProperties properties, ConfigurableEnvironment environment, ResourceLoader resources) {
			List<String> scripts = new PlatformPlaceholderDatabaseDriverResolver()
				.withDriverPlatform(DatabaseDriver.MARIADB, "mysql")
				.resolveAll(dataSource, SCHEMA);
			for (String script : scripts) {
				if (!resources.getResource(script).exists()) {
					throw McpOAuthConfiguration.problem(environment, "mcp.oauth.store.type",
							"the application's database is not supported as a token store",
							"Use PostgreSQL, MariaDB, MySQL or H2, or set the type to 'redis' or 'file'.");
				}
			}
			DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
			settings.setSchemaLocations(scripts);
			settings.setMode(properties.initializeSchema());
			return new DataSourceScriptDatabaseInitializer(dataSource, settings);
		}

		@Bean
		@DependsOnDatabaseInitialization
		JdbcTokenStore mcpOAuthTokenStore(DataSource dataSource, ObjectProvider<JdbcConnectionDetails> connection,
				McpOAuthJdbcProperties properties, McpOAuthProperties shared, WorkThreads threads) {
			return new JdbcTokenStore(dataSource, properties.listen() ? listener(connection.getIfUnique()) : null,
					settings(shared.store()), threads);
		}

		/**
		 * The connection that listens for changes is kept, so it does not come from the
		 * application's pool.
		 */
		private static @Nullable DataSource listener(@Nullable JdbcConnectionDetails connection) {
			if (connection == null) {
				return null;
			}
			DriverManagerDataSource listener = new DriverManagerDataSource(connection.getJdbcUrl());
			if (connection.getUsername() != null) {
				listener.setUsername(connection.getUsername());
			}
			if (connection.getPassword() != null) {
				listener.setPassword(connection.getPassword());
			}
			return listener;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnProperty(name = "mcp.oauth.store.type", havingValue = "redis")
	@ConditionalOnClass(ReactiveRedisConnectionFactory.class)
	@ConditionalOnBean(ReactiveRedisConnectionFactory.class)
	@ConditionalOnMissingBean(TokenStore.class)
	@EnableConfigurationProperties(McpOAuthRedisProperties.class)
	static class Redis {

		@Bean
		RedisTokenStore mcpOAuthTokenStore(ReactiveRedisConnectionFactory connectionFactory,
				McpOAuthRedisProperties properties, McpOAuthProperties shared, WorkThreads threads) {
			return new RedisTokenStore(connectionFactory, properties.keyPrefix(), settings(shared.store()), threads);
		}

	}

}
