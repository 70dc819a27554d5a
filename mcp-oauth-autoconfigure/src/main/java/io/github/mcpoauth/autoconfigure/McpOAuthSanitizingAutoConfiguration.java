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

import java.util.Locale;
import java.util.regex.Pattern;

import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that keeps the secrets of our
 * properties out of the endpoints that show configuration, also where these are told to
 * show values.
 */
@AutoConfiguration
@ConditionalOnClass(SanitizingFunction.class)
public final class McpOAuthSanitizingAutoConfiguration {

	private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^a-z0-9]");

	/**
	 * However the property is spelled, also as an environment variable.
	 */
	private static final Pattern SECRET = Pattern
		.compile("mcpservers.*(secret|password|privatekey|tokenparameters\\w*)|mcpoauthstoreencryptionkeys\\d*");

	@Bean
	SanitizingFunction mcpOAuthSanitizingFunction() {
		return (data) -> (data.getValue() != null && isSecret(data)) ? data.withSanitizedValue() : data;
	}

	private static boolean isSecret(SanitizableData data) {
		String key = data.getKey().toLowerCase(Locale.ROOT);
		return key.startsWith("mcp") && SECRET.matcher(NEITHER_LETTER_NOR_DIGIT.matcher(key).replaceAll("")).matches();
	}

}
