// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpSessionFilter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Keeps the sessions of MCP clients alive that run on a {@code WebClient.Builder} bean,
 * such as Spring AI's. It comes after the post processor that brings the tokens, so that
 * sessions are held outside of it.
 */
final class McpClientFilterPostProcessor implements BeanPostProcessor, Ordered {

	static final int ORDER = WebClientFilterPostProcessor.ORDER + 1;

	private final McpSessionFilter filter;

	McpClientFilterPostProcessor(ObjectProvider<McpOAuthManager> manager, Duration timeout) {
		this.filter = McpSessionFilter.forClients(manager::getObject, timeout);
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebClient.Builder builder) {
			builder.filters((filters) -> {
				if (!filters.contains(this.filter)) {
					filters.add(0, this.filter);
					filters.add(McpSessionFilter.gate());
				}
			});
		}
		return bean;
	}

}
