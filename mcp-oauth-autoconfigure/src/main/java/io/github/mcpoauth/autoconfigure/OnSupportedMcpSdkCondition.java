// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.ClassUtils;

/**
 * Matches if the MCP SDK has the session API of version 2. An older one would do until
 * the first call and fail that with a {@link LinkageError}.
 */
final class OnSupportedMcpSdkCondition extends SpringBootCondition {

	private static final String TOOL_REQUEST = "io.modelcontextprotocol.spec.McpSchema$CallToolRequest";

	private static final String REASON = """
			MCP sessions of this library (McpSessions, and the commands 'mcp test' and 'mcp call') need mcp-core 2.0 \
			or newer, and this application has %s. Its own MCP clients get their tokens all the same, \
			from the filter of their WebClient.Builder""";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		String reason = objection(context.getClassLoader());
		return (reason != null) ? ConditionOutcome.noMatch(ConditionMessage.of(reason))
				: ConditionOutcome.match(ConditionMessage.forCondition("MCP SDK").because("it is new enough"));
	}

	/**
	 * Why there can be no sessions.
	 * @param classLoader where the MCP SDK is looked for
	 * @return the reason, {@code null} if the SDK is new enough or not there at all
	 */
	static @Nullable String objection(@Nullable ClassLoader classLoader) {
		Class<?> request = find(classLoader);
		return (request == null || ClassUtils.hasMethod(request, "builder", String.class)) ? null
				: REASON.formatted(version(request));
	}

	private static @Nullable Class<?> find(@Nullable ClassLoader classLoader) {
		try {
			return ClassUtils.forName(TOOL_REQUEST, classLoader);
		}
		catch (ClassNotFoundException | LinkageError ex) {
			return null;
		}
	}

	private static String version(Class<?> type) {
		String version = type.getPackage().getImplementationVersion();
		return (version != null) ? "version " + version : "an older one";
	}

}
