// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.test.AutoConfigureMcpTestServers.Replace;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AutoConfigureMcpTestServers} and for properties of a test.
 */
class AutoConfigureMcpTestServersTests {

	private static String url(McpOAuthManager manager, String server) {
		return manager.provider(GrantKey.of(server)).server().url().toString();
	}

	@Nested
	@SpringBootTest
	@AutoConfigureMcpTestServers({ "github", "my.server" })
	class Additional {

		@Test
		void serverWhenOnlyTheTestNamesItIsThere(@Autowired McpTestServers servers,
				@Autowired McpOAuthManager manager) {
			for (String name : new String[] { "github", "my.server", "linear" }) {
				assertThat(url(manager, name)).isEqualTo(servers.authorized(name).url().toString());
			}
		}

	}

	@Nested
	@SpringBootTest
	@AutoConfigureMcpTestServers(replace = Replace.NONE)
	class Nothing {

		@Test
		void contextWhenNothingIsReplacedIsTheApplications(@Autowired ObjectProvider<McpTestServers> servers,
				@Autowired McpOAuthManager manager, @Autowired TokenStore store) {
			assertThat(servers.getIfAvailable()).isNull();
			assertThat(url(manager, "linear")).isEqualTo("https://mcp.linear.invalid/mcp");
			assertThat(store).isInstanceOf(FileTokenStore.class);
		}

	}

	@Nested
	@SpringBootTest(properties = { "mcp.servers.linear.url=http://127.0.0.1:1/mcp",
			"mcp.oauth.store.file.directory=target/tokens" })
	class Told {

		@Test
		void propertiesWhenTheTestSetsThemWin(@Autowired McpOAuthManager manager, @Autowired TokenStore store) {
			assertThat(url(manager, "linear")).isEqualTo("http://127.0.0.1:1/mcp");
			assertThat(store).isInstanceOf(FileTokenStore.class).isNotInstanceOf(InMemoryTokenStore.class);
		}

	}

	@Nested
	@SpringBootTest(properties = "mcp.oauth.enabled=false")
	class SwitchedOff {

		@Test
		void contextWhenTheLibraryIsOffStarts(@Autowired ObjectProvider<McpOAuthManager> manager) {
			assertThat(manager.getIfAvailable()).isNull();
		}

	}

}
