// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;

import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpSessionFilter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Keeps the sessions of MCP clients alive that run on a {@code WebClient.Builder} bean,
 * such as those of Spring AI. It runs after the post-processor that adds the tokens, so
 * that the filter of sessions comes before the filter of tokens.
 */
final class McpClientFilterPostProcessor implements BeanPostProcessor, Ordered {

	static final int ORDER = ClientBuilderPostProcessor.ORDER + 1;

	private final SingletonSupplier<McpSessionFilter> filter;

	McpClientFilterPostProcessor(ObjectProvider<McpOAuthManager> manager, Duration timeout,
			ObjectProvider<WorkThreads> threads) {
		// Not before a builder needs it: a post-processor is created before other beans
		this.filter = SingletonSupplier.of(() -> McpSessionFilter.forClients(manager::getObject, timeout,
				threads.getIfAvailable(WorkThreads::platform)));
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebClient.Builder builder) {
			McpSessionFilter filter = this.filter.obtain();
			builder.filters((filters) -> {
				if (!filters.contains(filter)) {
					filters.add(0, filter);
					filters.add(McpSessionFilter.deadline());
				}
			});
		}
		return bean;
	}

}
