// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AbsentServerProperties}.
 */
class AbsentServerPropertiesTests {

	private static final String NAME = "mcp.servers.demo.oauth.client-name";

	private final List<String> asked = new ArrayList<>();

	@Test
	void bindWhenPropertyIsSetNowhereDoesNotLookForIt() {
		OAuthProperties oauth = bind(noting(Map.of("mcp.servers.demo.url", "https://mcp.example.com/mcp",
				"mcp.servers.demo.oauth.clientId", "x", "mcp.servers.demo.oauth.scopes[0]", "read",
				"mcp.servers.demo.oauth.authorize-parameters.prompt", "consent",
				"mcp.servers.demo.oauth.identity_provider.issuer", "https://id.example.com")));
		assertThat(oauth.getClientId()).isEqualTo("x");
		assertThat(oauth.getScopes()).containsExactly("read");
		assertThat(oauth.getAuthorizeParameters()).containsEntry("prompt", "consent");
		assertThat(Objects.requireNonNull(oauth.getIdentityProvider()).getIssuer()).isEqualTo("https://id.example.com");
		assertThat(this.asked).isNotEmpty().doesNotContain(NAME);
	}

	@Test
	void bindWhenEnvironmentVariableIsSetLooksForAll() {
		OAuthProperties oauth = bind(
				new SystemEnvironmentPropertySource("systemEnvironment",
						Map.of("MCP_SERVERS_DEMO_OAUTH_CLIENT_NAME", "Agent")),
				noting(Map.of("mcp.servers.demo.oauth.client-id", "x")));
		assertThat(oauth.getClientName()).isEqualTo("Agent");
		assertThat(oauth.getClientId()).isEqualTo("x");
	}

	@Test
	void bindWhenSourceDoesNotListItsNamesLooksForAll() {
		OAuthProperties oauth = bind(new PropertySource<>("unlisted", this) {

			@Override
			public @Nullable Object getProperty(String name) {
				return name.equals(NAME) ? "Agent" : null;
			}

		}, noting(Map.of("mcp.servers.demo.oauth.client-id", "x")));
		assertThat(oauth.getClientName()).isEqualTo("Agent");
	}

	@Test
	void bindWhenRepeatedSeesWhatWasAdded() {
		AbsentServerProperties handler = new AbsentServerProperties(BindHandler.DEFAULT);
		bind(handler, noting(Map.of("mcp.servers.demo.oauth.client-id", "x")));
		assertThat(bind(handler, noting(Map.of(NAME, "Agent"))).getClientName()).isEqualTo("Agent");
	}

	private static OAuthProperties bind(PropertySource<?>... sources) {
		return bind(new AbsentServerProperties(BindHandler.DEFAULT), sources);
	}

	private static OAuthProperties bind(BindHandler handler, PropertySource<?>... sources) {
		McpServersProperties properties = new Binder(ConfigurationPropertySources.from(List.of(sources)))
			.bindOrCreate("mcp", Bindable.of(McpServersProperties.class), handler);
		return Objects.requireNonNull(Objects.requireNonNull(properties.servers().get("demo")).oauth());
	}

	private MapPropertySource noting(Map<String, Object> properties) {
		return new MapPropertySource("noting", properties) {

			@Override
			public @Nullable Object getProperty(String name) {
				AbsentServerPropertiesTests.this.asked.add(name);
				return super.getProperty(name);
			}

		};
	}

}
