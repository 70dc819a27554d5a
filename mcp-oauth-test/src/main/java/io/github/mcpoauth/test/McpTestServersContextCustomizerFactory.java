// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * Puts test servers in place of the configured ones in every Spring test, unless the test
 * says otherwise.
 */
final class McpTestServersContextCustomizerFactory implements ContextCustomizerFactory {

	@Override
	public @Nullable ContextCustomizer createContextCustomizer(Class<?> testClass,
			List<ContextConfigurationAttributes> configAttributes) {
		AutoConfigureMcpTestServers annotation = TestContextAnnotationUtils.findMergedAnnotation(testClass,
				AutoConfigureMcpTestServers.class);
		if (annotation == null) {
			return new McpTestServersContextCustomizer(Set.of());
		}
		return (annotation.replace() == AutoConfigureMcpTestServers.Replace.ANY)
				? new McpTestServersContextCustomizer(Set.of(annotation.value())) : null;
	}

}
