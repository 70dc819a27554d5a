/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.autoconfigure;

import java.time.Duration;

import io.github.mcpoauth.McpOAuthManager;
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
