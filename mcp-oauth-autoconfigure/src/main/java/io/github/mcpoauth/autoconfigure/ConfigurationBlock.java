// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

import io.github.mcpoauth.internal.protocol.UrlPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.util.StringUtils;

/**
 * The properties below one prefix while they are checked and mapped. Reports problems
 * under the full name of the property, and parses the kinds of values that several blocks
 * have.
 *
 * @param lookup finds properties as they were set
 * @param problems collects the problems
 * @param prefix the prefix
 */
record ConfigurationBlock(ConfigurationLookup lookup, ProblemCollector problems, ConfigurationPropertyName prefix) {

	ConfigurationBlock(ConfigurationLookup lookup, ProblemCollector problems, String prefix) {
		this(lookup, problems, ConfigurationPropertyName.of(prefix));
	}

	ConfigurationBlock block(String name) {
		return new ConfigurationBlock(this.lookup, this.problems, name(name));
	}

	ConfigurationPropertyName name(String property) {
		return this.prefix.append(property);
	}

	boolean isSet(String property) {
		return this.lookup.isSet(name(property));
	}

	void problem(String property, String reason, String action) {
		this.problems.add(name(property), reason, action);
	}

	/**
	 * Report a problem, if there is one. The text is made only then.
	 * @param wrong whether there is
	 * @param property name of the property
	 * @param reason the reason
	 * @param action the remedy, with {@code %s} for each further property
	 * @param others the properties that the remedy names
	 */
	void problemIf(boolean wrong, String property, String reason, String action, String... others) {
		if (wrong) {
			problem(property, reason, action.formatted(Arrays.stream(others).map(this::name).toArray()));
		}
	}

	void positive(String property, Duration duration) {
		problemIf(duration.isNegative() || duration.isZero(), property, "a duration must be positive",
				"Use a duration such as 10s.");
	}

	/**
	 * Find a file by its path or a {@code file:} address.
	 * @param property name of the property
	 * @param location its value, or {@code null}
	 * @return the file, {@code null} if not set or not a path
	 */
	@Nullable Path file(String property, @Nullable String location) {
		String text = text(location);
		if (text == null) {
			return null;
		}
		try {
			Path file = text.startsWith("file:/") ? Path.of(URI.create(text)) : Path.of(text);
			warnIfMissing(property, file);
			return file;
		}
		catch (IllegalArgumentException ex) {
			problem(property, "it is not the path of a file", "Use a path, for example /run/secrets/name.");
			return null;
		}
	}

	/**
	 * Warn of a file that is not there yet. The platform may still write it.
	 * @param property name of the property
	 * @param file the file
	 */
	private void warnIfMissing(String property, Path file) {
		if (!Files.isReadable(file)) {
			this.problems.warn("'%s': there is no readable file '%s' yet. It is read when it is needed"
				.formatted(name(property), file));
		}
	}

	static @Nullable String text(@Nullable String text) {
		return StringUtils.hasText(text) ? text.strip() : null;
	}

	static @Nullable URI uri(String text) {
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	/**
	 * Check that an address is safe to send credentials to.
	 * @param uri the address
	 * @return whether it is https and names a host, or http on loopback
	 */
	static boolean isSecure(URI uri) {
		return ("https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null)
				|| ("http".equalsIgnoreCase(uri.getScheme()) && UrlPolicy.isLoopback(uri));
	}

	static Set<String> scopes(Collection<String> texts) {
		Set<String> scopes = new LinkedHashSet<>();
		for (String text : texts) {
			for (String scope : StringUtils.tokenizeToStringArray(text, " \t\r\n")) {
				scopes.add(scope);
			}
		}
		return scopes;
	}

}
