// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.autoconfigure.OAuthClientProperties.TokenEndpointAuthMethod;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.ConverterNotFoundException;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/**
 * Reports values that cannot be converted, and goes on as if they were not set.
 */
final class InvalidValues extends AbstractBindHandler {

	private final ProblemCollector problems;

	InvalidValues(ProblemCollector problems) {
		this.problems = problems;
	}

	@Override
	public @Nullable Object onFailure(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
			Exception error) throws Exception {
		Class<?> type = ClassUtils.resolvePrimitiveIfNecessary(target.getType().resolve(Object.class));
		if (error instanceof ConversionFailedException failed) {
			report(name, type, UntrustedText.quote(String.valueOf(failed.getValue())));
		}
		else if (error instanceof ConverterNotFoundException) {
			reportPlainValue(name, type);
		}
		else {
			throw error;
		}
		return null;
	}

	private void report(ConfigurationPropertyName name, Class<?> type, String value) {
		if (type.isEnum()) {
			List<String> values = Arrays.stream(type.getEnumConstants()).map((one) -> spelled((Enum<?>) one)).toList();
			String closest = KnownProperties.closest(value, values);
			this.problems.add(name, "there is no value %s".formatted(value),
					((closest != null) ? "Did you mean '%s'? ".formatted(closest) : "")
							+ "The values are %s.".formatted(String.join(", ", values)));
		}
		else if (type == Duration.class) {
			this.problems.add(name, "%s is not a duration".formatted(value),
					"Use a number with a unit, for example 500ms, 10s or 5m.");
		}
		else if (type == Boolean.class) {
			this.problems.add(name, "%s is neither true nor false".formatted(value), "Use true or false.");
		}
		else if (type == Integer.class) {
			this.problems.add(name, "%s is not a whole number up to %d".formatted(value, Integer.MAX_VALUE),
					"Use digits only.");
		}
		else if (type == URI.class) {
			// Without the value, which may hold a password
			this.problems.add(name, "it is not a URL", "Use an address such as https://example.com/path.");
		}
		else {
			reportPlainValue(name, type);
		}
	}

	private void reportPlainValue(ConfigurationPropertyName name, Class<?> type) {
		if (type == OAuthProperties.class) {
			this.problems.add(name, "it is neither true nor false, and no block of settings",
					"Use true or false, or set %s.".formatted(names(type)));
		}
		else if (Map.class.isAssignableFrom(type)) {
			this.problems.add(name, "it is a map, and not one value", "Set each entry below a name of its own.");
		}
		else {
			this.problems.add(name, "it is a block of settings, and not one value",
					"Set one of %s below it.".formatted(names(type)));
		}
	}

	private static String names(Class<?> type) {
		return String.join(", ", KnownProperties.of(type).names());
	}

	/**
	 * Spell a value as documentation does.
	 */
	private static String spelled(Enum<?> value) {
		if (value instanceof GrantType grantType) {
			return UnattendedGrantMapper.name(grantType);
		}
		return (value instanceof TokenEndpointAuthMethod method) ? method.value()
				: value.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * Reports all problems of the configuration where Spring Boot would tell of the first
	 * value that it cannot convert.
	 */
	static final class Advice extends AbstractBindHandler {

		private final ConfigurableEnvironment environment;

		Advice(BindHandler parent, ConfigurableEnvironment environment) {
			super(parent);
			this.environment = environment;
		}

		@Override
		public @Nullable Object onFailure(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
				Exception error) throws Exception {
			try {
				return super.onFailure(name, target, context, error);
			}
			catch (Exception ex) {
				Class<?> type = target.getType().resolve(Object.class);
				if (context.getDepth() == 0 && type.getPackage() == getClass().getPackage()) {
					McpOAuthConfiguration.of(this.environment);
				}
				throw ex;
			}
		}

	}

}
