// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * Says why an application that wants MCP sessions does not get them although it has the
 * MCP SDK.
 */
@Order(0)
final class MissingMcpSessionsFailureAnalyzer extends AbstractFailureAnalyzer<NoSuchBeanDefinitionException> {

	private static final Set<String> TYPES = Set.of("io.github.mcpoauth.session.McpSessions",
			"io.github.mcpoauth.session.McpToolClient");

	private static final String ACTION = """
			Move to mcp-core 2.0 or newer and org.springframework.ai:mcp-spring-webflux, \
			or call the tools with an MCP client of your own.""";

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoSuchBeanDefinitionException cause) {
		Class<?> type = cause.getBeanType();
		String reason = (type != null && TYPES.contains(type.getName()))
				? OnSupportedMcpSdkCondition.objection(type.getClassLoader()) : null;
		return (reason != null) ? new FailureAnalysis(reason, ACTION, cause) : null;
	}

}
