// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.address.GatewayHeaders;
import io.github.mcpoauth.internal.address.ServerAddresses;
import io.github.mcpoauth.internal.httpclient.FilteringInterceptor;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.webclient.McpOAuthFilter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.Ordered;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Gives every {@code WebClient.Builder} and {@code RestClient.Builder} bean the filter,
 * before all other filters or interceptors. The manager is created with the first
 * request.
 */
final class ClientBuilderPostProcessor implements BeanPostProcessor, Ordered {

	static final int ORDER = 0;

	private final ExchangeFilterFunction filter;

	private final ClientHttpRequestInterceptor interceptor;

	ClientBuilderPostProcessor(ObjectProvider<McpOAuthManager> manager,
			Supplier<? extends Collection<McpServer>> servers) {
		Supplier<McpOAuthManager> once = SingletonSupplier.of(manager::getObject);
		this.filter = new McpOAuthFilter((request) -> once.get().providerFor(request), GatewayHeaders.below(servers));
		this.interceptor = new FilteringInterceptor(new ServerAddresses(servers), this.filter);
	}

	@Override
	public int getOrder() {
		return ORDER;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof WebClient.Builder builder) {
			addTo(builder);
		}
		else if (bean instanceof RestClient.Builder builder) {
			addTo(builder);
		}
		return bean;
	}

	void addTo(WebClient.Builder builder) {
		builder.filters((filters) -> addFirst(this.filter, filters));
	}

	void addTo(RestClient.Builder builder) {
		builder.requestInterceptors((interceptors) -> addFirst(this.interceptor, interceptors));
	}

	void addTo(RestTemplate template) {
		addFirst(this.interceptor, template.getInterceptors());
	}

	private static <T> void addFirst(T filter, List<T> filters) {
		// A builder that was cloned from one of ours has it already
		if (!filters.contains(filter)) {
			filters.add(0, filter);
		}
	}

}
