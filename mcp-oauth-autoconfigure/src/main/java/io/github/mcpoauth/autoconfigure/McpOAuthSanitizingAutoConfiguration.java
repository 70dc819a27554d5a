// SPDX-License-Identifier: Apache-2.0

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
	 * Matches every spelling of the properties, environment variables included.
	 */
	private static final Pattern SECRET = Pattern.compile(
			"mcpservers.*(secret|password|privatekey|tokenparameters\\w*|headers\\w+)|mcpoauthstoreencryptionkeys\\d*");

	@Bean
	SanitizingFunction mcpOAuthSanitizingFunction() {
		return (data) -> (data.getValue() != null && isSecret(data)) ? data.withSanitizedValue() : data;
	}

	private static boolean isSecret(SanitizableData data) {
		String key = data.getKey().toLowerCase(Locale.ROOT);
		return key.startsWith("mcp") && SECRET.matcher(NEITHER_LETTER_NOR_DIGIT.matcher(key).replaceAll("")).matches();
	}

}
