// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.autoconfigure.McpOAuthWebAutoConfiguration;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.web.TestBrowser.Page;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.TokenStore;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/**
 * An application that serves the connections page of a manager.
 */
final class ConnectionsApplication implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private final String contextPath;

	private ConnectionsApplication(ConfigurableApplicationContext context, String contextPath) {
		this.context = context;
		this.contextPath = contextPath;
	}

	static ConnectionsApplication start(WebApplicationType type, McpOAuthManager manager, String... arguments) {
		return start(type, manager, List.of(), "", arguments);
	}

	/**
	 * Start a node of an application with several.
	 */
	static ConnectionsApplication start(WebApplicationType type, McpOAuthManager manager, TokenStore store,
			QuestionRegistry questions, String... arguments) {
		return start(type, (context) -> {
			context.registerBean(McpOAuthManager.class, () -> manager);
			context.registerBean(TokenStore.class, () -> store);
			context.registerBean(QuestionRegistry.class, () -> questions);
		}, List.of(), "", arguments);
	}

	static ConnectionsApplication start(WebApplicationType type, McpOAuthManager manager, List<Class<?>> sources,
			String contextPath, String... arguments) {
		return start(type, (context) -> context.registerBean(McpOAuthManager.class, () -> manager), sources,
				contextPath, arguments);
	}

	private static ConnectionsApplication start(WebApplicationType type,
			ApplicationContextInitializer<GenericApplicationContext> initializer, List<Class<?>> sources,
			String contextPath, String... arguments) {
		List<String> all = new ArrayList<>(
				List.of("--server.port=0", "--mcp.oauth.web.enabled=true", "--spring.main.banner-mode=off"));
		all.addAll(List.of(arguments));
		if (all.stream().noneMatch((argument) -> argument.startsWith("--server.address="))) {
			all.add("--server.address=127.0.0.1");
		}
		return new ConnectionsApplication(
				new SpringApplicationBuilder(Application.class).sources(sources.toArray(Class<?>[]::new))
					.web(type)
					.initializers(initializer)
					.run(all.toArray(String[]::new)),
				contextPath);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	String port() {
		return this.context.getEnvironment().getRequiredProperty("local.server.port");
	}

	URI url(String path) {
		return URI.create("http://127.0.0.1:%s%s%s".formatted(port(), this.contextPath, path));
	}

	/**
	 * Open the page, and enter the code of the application where it is asked for.
	 */
	Page open(TestBrowser browser) throws Exception {
		Page page = browser.get(url(ConnectionsPage.PATH));
		if (!page.body().contains("id=\"enter\"")) {
			return page;
		}
		return browser.follow(enter(browser, page, this.context.getBean(ConnectionsPage.class).accessCode()));
	}

	/**
	 * Enter a code.
	 */
	Page enter(TestBrowser browser, Page page, String code) throws Exception {
		Map<String, String> form = page.form("enter");
		form.put("access_code", code);
		return browser.post(page.uri().resolve(form.remove("action")), form);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class,
			McpOAuthWebAutoConfiguration.class })
	static class Application {

	}

}
