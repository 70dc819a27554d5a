// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link MemoryStore}: an application that keeps its grants in memory.
 */
@ExtendWith(OutputCaptureExtension.class)
class MemoryStoreTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start()
		.client("service", "hush");

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final ApplicationContextRunner runner;

	private final Path directory;

	MemoryStoreTests(@TempDir Path directory) {
		this.directory = directory.resolve("tokens");
		this.runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class))
			.withPropertyValues("mcp.oauth.store.type=memory", "mcp.servers.demo.url=" + this.mcpServer.url(),
					"mcp.oauth.timeout.recovery=30s", "mcp.oauth.store.file.directory=" + this.directory);
	}

	@AfterEach
	void stop() {
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@Test
	void tokenWhenNoUserIsNeededIsObtainedAndNoFileIsWritten(CapturedOutput output) {
		this.runner
			.withPropertyValues("mcp.servers.demo.oauth.grant-type=client-credentials",
					"mcp.servers.demo.oauth.client-id=service", "mcp.servers.demo.oauth.client-secret=hush",
					"mcp.servers.demo.oauth.authorization-server=" + this.authorizationServer.issuer())
			.run((context) -> {
				assertThat(context).hasSingleBean(InMemoryTokenStore.class);
				McpOAuthProvider provider = provider(context.getBean(McpOAuthManager.class));
				AccessToken token = Objects.requireNonNull(provider.token().block(PATIENCE));
				assertThat(this.authorizationServer.isActive(token.value().reveal())).isTrue();
				assertThat(Objects.requireNonNull(provider.status().block(PATIENCE)).storeLocation())
					.isEqualTo("memory:demo");
				assertThat(provider.login(LoginRequest.withoutBrowser()).block(PATIENCE)).isNotNull();
			});
		assertThat(this.directory).doesNotExist();
		assertThat(output).containsOnlyOnce("Grants are kept in memory")
			.contains("all tokens, registered clients and issuer bindings are lost", "obtained again without a user");
	}

	@Test
	void loginWhenNothingIsSaidIsRefusedWithTheRemedy(CapturedOutput output) {
		this.runner.run((context) -> assertRefused(context.getBean(McpOAuthManager.class),
				"lost when this process exits", "'mcp.oauth.store.memory.allow-logins' to true"));
		assertThat(output).contains("Logins of users are refused, which these servers need: 'demo'");
		assertThat(this.authorizationServer.registrations()).isZero();
	}

	@Test
	void loginWhenAllowedBegins(CapturedOutput output) {
		this.runner.withPropertyValues("mcp.oauth.store.memory.allow-logins=true").run((context) -> {
			Login login = Objects
				.requireNonNull(provider(context.getBean(McpOAuthManager.class)).login(LoginRequest.withoutBrowser())
					.block(PATIENCE));
			assertThat(login.authorizationUrl()).isNotNull();
			login.cancel();
		});
		assertThat(output).contains("Users have to log in again after each start");
	}

	@Test
	void loginWhenItIsACommandIsRefusedInAnyCase() {
		this.runner.withPropertyValues("mcp.oauth.store.memory.allow-logins=true")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("mcpCommandLine", Map.of())))
			.run((context) -> assertRefused(context.getBean(McpOAuthManager.class), "lost when this command ends"));
	}

	@Test
	void importWhenGrantsAreInMemoryIsRefused() {
		this.runner.run((context) -> assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> context.getBean(GrantImporter.class))
			.havingRootCause()
			.isInstanceOf(InvalidMcpConfigurationException.class)
			.withMessageContaining("imported logins would be lost"));
	}

	@Test
	void loginWhenTheApplicationHasAStoreOfItsOwnIsNotRefused(CapturedOutput output) {
		this.runner.withBean(TokenStore.class, MemoryTokenStore::new).run((context) -> {
			assertThat(context).doesNotHaveBean(InMemoryTokenStore.class);
			Login login = Objects
				.requireNonNull(provider(context.getBean(McpOAuthManager.class)).login(LoginRequest.withoutBrowser())
					.block(PATIENCE));
			login.cancel();
		});
		assertThat(output).doesNotContain("Grants are kept in memory");
	}

	private static void assertRefused(McpOAuthManager manager, String... words) {
		assertThatExceptionOfType(LoginException.class)
			.isThrownBy(() -> provider(manager).login(LoginRequest.withoutBrowser()).block(PATIENCE))
			.satisfies((ex) -> {
				assertThat(ex.getReason()).isEqualTo(LoginException.Reason.CONFIGURATION);
				assertThat(ex).hasMessageContainingAll("MCP server 'demo'", "mcp.oauth.store.type")
					.hasMessageContainingAll(words);
			});
	}

	private static McpOAuthProvider provider(McpOAuthManager manager) {
		return manager.provider(GrantKey.of("demo"));
	}

}
