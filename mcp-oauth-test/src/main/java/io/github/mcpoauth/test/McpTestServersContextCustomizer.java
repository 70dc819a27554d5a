// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.internal.login.Browser;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

/**
 * Puts test servers in place of the configured ones, grants in memory, and no browser.
 * The properties stand behind those that the test sets itself and before all others.
 *
 * @param additional names of servers that the application does not configure
 */
record McpTestServersContextCustomizer(Set<String> additional) implements ContextCustomizer {

	private static final String BEAN = "mcpTestServers";

	private static final String BROWSER = "mcpTestBrowser";

	private static final String SERVERS = "mcp.servers";

	private static final String SPRING_AI = "spring.ai.mcp.client.streamable-http.connections";

	private static final String STORE_TYPE = "mcp.oauth.store.type";

	private static final String STORE_DIRECTORY = "mcp.oauth.store.file.directory";

	private static final Bindable<Map<String, Object>> ENTRIES = Bindable.mapOf(String.class, Object.class);

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
		McpTestServers servers = new McpTestServers(() -> beanFactory.getBean(McpOAuthManager.class));
		beanFactory.registerSingleton(BEAN, servers);
		if (beanFactory instanceof DefaultSingletonBeanRegistry registry) {
			registry.registerDisposableBean(BEAN, servers::close);
		}
		beanFactory.registerSingleton(BROWSER, Browser.none());
		ConfigurableEnvironment environment = context.getEnvironment();
		Map<String, Object> properties = new LinkedHashMap<>();
		replaceStore(environment, properties);
		replaceServers(environment, servers, properties);
		addProperties(environment.getPropertySources(), properties);
	}

	private static void replaceStore(ConfigurableEnvironment environment, Map<String, Object> properties) {
		PropertySource<?> inlined = inlined(environment.getPropertySources());
		boolean directory = inlined != null && inlined.containsProperty(STORE_DIRECTORY);
		if (!directory && "file".equalsIgnoreCase(environment.getProperty(STORE_TYPE, "file"))) {
			properties.put(STORE_TYPE, "memory");
		}
		properties.put("mcp.oauth.store.memory.allow-logins", true);
		// A test that lets a server fail must not keep the next one from calling it
		properties.put("mcp.oauth.session.breaker-pause", "1ms");
	}

	private void replaceServers(ConfigurableEnvironment environment, McpTestServers servers,
			Map<String, Object> properties) {
		Binder binder = Binder.get(environment);
		Set<String> names = new LinkedHashSet<>(binder.bind(SERVERS, ENTRIES).orElse(Map.of()).keySet());
		names.addAll(this.additional);
		Set<String> connections = binder.bind(SPRING_AI, ENTRIES).orElse(Map.of()).keySet();
		for (String name : names) {
			String prefix = entry(SERVERS, name);
			McpTestServer server = new McpTestServer(name, isOff(environment, prefix));
			servers.add(server);
			properties.put(prefix + ".url", server.url().toString());
			for (String issuer : Set.of(".oauth.authorization-server", ".oauth.identity-provider.issuer")) {
				if (environment.containsProperty(prefix + issuer)) {
					properties.put(prefix + issuer, server.issuer());
				}
			}
			if (connections.contains(name)) {
				URI url = server.url();
				properties.put(entry(SPRING_AI, name) + ".url", server.issuer());
				properties.put(entry(SPRING_AI, name) + ".endpoint", url.getPath());
			}
		}
	}

	private static boolean isOff(ConfigurableEnvironment environment, String prefix) {
		return "false".equals(environment.getProperty(prefix + ".oauth"))
				|| "false".equals(environment.getProperty(prefix + ".oauth.enabled"));
	}

	private static String entry(String map, String name) {
		return name.matches("[A-Za-z0-9_-]+") ? map + "." + name : "%s[%s]".formatted(map, name);
	}

	private static void addProperties(MutablePropertySources sources, Map<String, Object> properties) {
		MapPropertySource source = new MapPropertySource("MCP test servers", properties);
		PropertySource<?> inlined = inlined(sources);
		if (inlined != null) {
			sources.addAfter(inlined.getName(), source);
		}
		else {
			sources.addFirst(source);
		}
	}

	private static @Nullable PropertySource<?> inlined(MutablePropertySources sources) {
		return sources.get(TestPropertySourceUtils.INLINED_PROPERTIES_PROPERTY_SOURCE_NAME);
	}

}
