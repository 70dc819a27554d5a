// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Collection;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.webclient.McpOAuthFilter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Gives every {@code WebClient.Builder} bean the filter, before all other filters. The
 * manager is created with the first request.
 */
final class WebClientFilterPostProcessor implements BeanPostProcessor, Ordered {

	static final int ORDER = 0;

	private final McpOAuthFilter filter;

	WebClientFilterPostProcessor(ObjectProvider<McpOAuthManager> manager,
			Supplier<? extends Collection<McpServer>> servers) {
		Supplier<McpOAuthManager> once = SingletonSupplier.of(manager::getObject);
		this.filter = new McpOAuthFilter((request) -> once.get().providerFor(request), GatewayHeaders.below(servers));
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebClient.Builder builder) {
			// A builder that was cloned from one of ours has it already
			builder.filters((filters) -> {
				if (!filters.contains(this.filter)) {
					filters.add(0, this.filter);
				}
			});
		}
		return bean;
	}

}
