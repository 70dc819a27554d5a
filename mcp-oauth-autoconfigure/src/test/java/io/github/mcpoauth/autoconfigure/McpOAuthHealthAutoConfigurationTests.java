// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.actuate.McpOAuthHealthContributor;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.actuate.endpoint.CompositeHealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.IndicatedHealthDescriptor;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link McpOAuthHealthAutoConfiguration} and {@link McpOAuthHealthContributor}
 * in an application without web server.
 */
class McpOAuthHealthAutoConfigurationTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final ApplicationContextRunner withoutManager = new ApplicationContextRunner().withConfiguration(
			AutoConfigurations.of(McpOAuthHealthAutoConfiguration.class, HealthContributorAutoConfiguration.class,
					HealthContributorRegistryAutoConfiguration.class, HealthEndpointAutoConfiguration.class));

	private final ApplicationContextRunner runner = this.withoutManager.withBean(McpOAuthManager.class,
			() -> this.fixture.manager);

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void contributorWhenHealthModuleIsAbsentIsAbsentToo() {
		new ApplicationContextRunner().withBean(McpOAuthManager.class, () -> this.fixture.manager)
			.withConfiguration(AutoConfigurations.of(McpOAuthHealthAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(ReactiveHealthContributor.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(McpOAuthHealthAutoConfiguration.class));
	}

	@Test
	void contributorWhenThereIsNoManagerIsAbsent() {
		this.withoutManager
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(McpOAuthHealthContributor.class));
	}

	@Test
	void contributorWhenDisabledIsAbsent() {
		this.runner.withPropertyValues("management.health.mcpoauth.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(McpOAuthHealthContributor.class));
	}

	@Test
	void healthWhenNobodyHasLoggedInSaysSoAndLeavesTheApplicationUp() {
		this.runner.run((context) -> {
			IndicatedHealthDescriptor health = health(context, "github");
			assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
			assertThat(health.getDetails()).containsEntry("state", "LOGIN_REQUIRED")
				.containsEntry("reason", "no user has logged in yet")
				.containsEntry("action", "mcp login github");
			assertThat(context.getBean(HealthEndpoint.class).health().getStatus()).isEqualTo(Status.UP);
			assertThat(this.fixture.authorizationServer.http().requests()).isEmpty();
			assertThat(this.fixture.mcpServer.http().requests()).isEmpty();
		});
	}

	@Test
	void healthWhenThereArePrincipalsShowsTheirNumberAndNoName() {
		try (ManagerFixture several = new ManagerFixture(PrincipalResolver.fromContext("user"))) {
			several.manager.provider(GrantKey.of("github", "alice")).token().block(ManagerFixture.PATIENCE);
			this.withoutManager.withBean(McpOAuthManager.class, () -> several.manager)
				.withPropertyValues("mcp.oauth.health.login-required-status=down")
				.run((context) -> {
					IndicatedHealthDescriptor health = health(context, "github");
					assertThat(health.getStatus()).as("the application itself may need no grant")
						.isEqualTo(Status.UNKNOWN);
					assertThat(health.getDetails()).containsEntry("principals", 1)
						.containsEntry("principalsWithoutLogin", 1);
					assertThat(health.getDetails().toString()).doesNotContain("alice");
				});
		}
	}

	@Test
	void healthWhenLoginRequiredIsMappedTakesTheApplicationOut() {
		this.runner.withPropertyValues("mcp.oauth.health.login-required-status=out-of-service").run((context) -> {
			assertThat(health(context, "github").getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
			assertThat(context.getBean(HealthEndpoint.class).health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		});
	}

	@Test
	void healthWhenAuthorizedIsUp() {
		this.fixture.grant();
		this.runner.run((context) -> {
			IndicatedHealthDescriptor health = health(context, "github");
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).containsEntry("state", "AUTHORIZED").containsKey("expiresAt");
		});
	}

	@Test
	void healthWhenRefreshFailsSaysSinceWhenAndUntilWhen() {
		this.fixture.revokedGrant();
		this.fixture.authorizationServer.close();
		this.fixture.manager.provider(this.fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		this.runner.run((context) -> {
			IndicatedHealthDescriptor health = health(context, "github");
			assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
			assertThat(health.getDetails()).containsEntry("state", "REFRESH_FAILING")
				.containsEntry("since", this.fixture.clock.instant().toString())
				.containsKeys("reason", "nextTry");
		});
	}

	@Test
	void healthWhenTheNewestTokenIsInMemoryOnlyIsUnknown() {
		this.fixture.grant();
		this.fixture.store.failSaves(this.fixture.key, new TokenStoreException("github", "The disk is full", null));
		this.fixture.manager.provider(this.fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		this.runner.run((context) -> {
			IndicatedHealthDescriptor health = health(context, "github");
			assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
			assertThat(health.getDetails()).containsEntry("state", "UNPERSISTED")
				.containsEntry("reason", "The disk is full");
		});
	}

	@Test
	void healthWhenTheStoreCannotBeReadIsDown() {
		this.fixture.store.failLoads(this.fixture.key,
				new TokenStoreException("github", "The disk is gone", new IOException()));
		this.runner.run((context) -> {
			IndicatedHealthDescriptor health = health(context, "github");
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails()).containsEntry("state", "STORE_ERROR")
				.containsEntry("reason", "The disk is gone");
		});
	}

	@Test
	void healthWhenServersComeAndGoFollowsThem() {
		this.runner.run((context) -> {
			this.fixture.manager.add(McpServer.of("team/linear", URI.create("https://mcp.linear.example/mcp")));
			assertThat(components(context).getComponents()).containsOnlyKeys("github", "team_linear");
			assertThat(health(context, "team_linear").getDetails()).containsEntry("action", "mcp login team/linear");
			this.fixture.manager.evict("github");
			assertThat(components(context).getComponents()).containsOnlyKeys("team_linear");
			this.fixture.manager.provider(GrantKey.of("team/linear")).remove().block(ManagerFixture.PATIENCE);
			HealthEndpoint endpoint = context.getBean(HealthEndpoint.class);
			assertThat(endpoint.healthForPath("mcpOAuth")).isNull();
			assertThat(endpoint.health().getStatus()).isEqualTo(Status.UP);
		});
	}

	private static CompositeHealthDescriptor components(ApplicationContext context) {
		return (CompositeHealthDescriptor) Objects
			.requireNonNull(context.getBean(HealthEndpoint.class).healthForPath("mcpOAuth"));
	}

	private static IndicatedHealthDescriptor health(ApplicationContext context, String component) {
		return (IndicatedHealthDescriptor) Objects
			.requireNonNull(context.getBean(HealthEndpoint.class).healthForPath("mcpOAuth", component));
	}

}
