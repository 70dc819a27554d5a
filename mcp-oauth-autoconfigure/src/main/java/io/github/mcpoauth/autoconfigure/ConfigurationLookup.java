// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Looks up facts that binding hides: where a property was set, in which spelling, and
 * which properties bound to nothing.
 */
final class ConfigurationLookup {

	private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]+");

	private final ConfigurableEnvironment environment;

	private final List<ConfigurationPropertySource> sources = new ArrayList<>();

	private final PlaceholdersResolver placeholders;

	private final @Nullable Set<ConfigurationPropertyName> present;

	ConfigurationLookup(ConfigurableEnvironment environment) {
		this.environment = environment;
		ConfigurationPropertySources.get(environment).forEach(this.sources::add);
		this.placeholders = new PropertySourcesPlaceholdersResolver(environment);
		this.present = AbsentServerProperties.present(this.sources);
	}

	/**
	 * Name the entry of a map.
	 * @param map name of the map
	 * @param key key of the entry
	 * @return the name
	 */
	static ConfigurationPropertyName entry(ConfigurationPropertyName map, String key) {
		if (isPlain(key)) {
			return map.append(ConfigurationPropertyName.adapt(key, '.'));
		}
		return map.append("[" + key + "]");
	}

	/**
	 * Whether a key of a map is read as it is written without brackets.
	 * @param key the key
	 * @return whether it is
	 */
	static boolean isPlain(String key) {
		return PLAIN.matcher(key).matches();
	}

	/**
	 * Spell a name as it was written, which its own text form does not.
	 * @param name the name
	 * @return the text
	 */
	static String spelled(ConfigurationPropertyName name) {
		StringBuilder text = new StringBuilder();
		for (int index = 0; index < name.getNumberOfElements(); index++) {
			String element = name.getElement(index, Form.ORIGINAL);
			boolean plain = isPlain(element) && !name.isNumericIndex(index);
			text.append(plain ? ((index > 0) ? "." : "") + element : "[" + element + "]");
		}
		return text.toString();
	}

	/**
	 * Whether a property is set, to any value.
	 * @param name name of the property
	 * @return whether it is
	 */
	boolean isSet(ConfigurationPropertyName name) {
		if (this.present != null && AbsentServerProperties.isOfServer(name)) {
			return this.present.contains(name);
		}
		return find(name) != null || hasDescendants(name);
	}

	private boolean hasDescendants(ConfigurationPropertyName name) {
		return this.sources.stream()
			.anyMatch((source) -> source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT);
	}

	private @Nullable ConfigurationProperty find(ConfigurationPropertyName name) {
		for (ConfigurationPropertySource source : this.sources) {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property != null) {
				return property;
			}
		}
		return null;
	}

	/**
	 * Find the place where a property was set, or the first property below it.
	 * @param name name of the property
	 * @return the place, {@code null} if it is not set
	 */
	@Nullable String origin(ConfigurationPropertyName name) {
		ConfigurationProperty property = find(name);
		if (property != null) {
			return origin(property);
		}
		for (ConfigurationPropertySource source : this.sources) {
			if (source instanceof IterableConfigurationPropertySource iterable) {
				String origin = iterable.stream()
					.filter(name::isAncestorOf)
					.findFirst()
					.map(source::getConfigurationProperty)
					.map(ConfigurationLookup::origin)
					.orElse(null);
				if (origin != null) {
					return origin;
				}
			}
		}
		return null;
	}

	private static @Nullable String origin(ConfigurationProperty property) {
		Origin origin = property.getOrigin();
		if (origin != null) {
			return origin.toString();
		}
		ConfigurationPropertySource source = property.getSource();
		return (source != null && source.getUnderlyingSource() instanceof PropertySource<?> underlying)
				? "\"%s\" from property source \"%s\"".formatted(property.getName(), underlying.getName()) : null;
	}

	/**
	 * List all properties below a name except those from environment variables, because
	 * the spelling of a variable is ambiguous.
	 * @param parent the name
	 * @return the properties in all their spellings, with where they are set
	 */
	List<Spelling> below(ConfigurationPropertyName parent) {
		Map<String, Spelling> found = new LinkedHashMap<>();
		for (ConfigurationPropertySource source : this.sources) {
			if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> underlying
					&& !isSystemEnvironment(source)) {
				for (String text : underlying.getPropertyNames()) {
					ConfigurationPropertyName name = ConfigurationPropertyName.adapt(text, '.');
					if (parent.isAncestorOf(name)) {
						String spelled = spelled(name);
						found.putIfAbsent(spelled, new Spelling(name, spelled, text, underlying));
					}
				}
			}
		}
		return List.copyOf(found.values());
	}

	/**
	 * List the environment variables that start with a prefix.
	 * @param prefix the prefix, in upper case
	 * @return their names as they are set
	 */
	Iterable<String> variables(String prefix) {
		TreeSet<String> variables = new TreeSet<>();
		for (PropertySource<?> source : this.environment.getPropertySources()) {
			if (source instanceof SystemEnvironmentPropertySource systemEnvironment) {
				for (String name : systemEnvironment.getPropertyNames()) {
					if (name.toUpperCase(Locale.ROOT).startsWith(prefix)) {
						variables.add(name);
					}
				}
			}
		}
		return variables;
	}

	private static boolean isSystemEnvironment(ConfigurationPropertySource source) {
		return source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
	}

	/**
	 * Whether a property has a plain value that is not empty, in a file or on the command
	 * line.
	 * @param name name of the property
	 * @return whether it has, {@code null} if only an environment variable says so
	 */
	@Nullable Boolean hasPlainValue(ConfigurationPropertyName name) {
		Boolean found = false;
		for (ConfigurationPropertySource source : this.sources) {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property != null && !property.getValue().toString().isBlank()) {
				if (!isSystemEnvironment(source)) {
					return true;
				}
				found = null;
			}
		}
		return found;
	}

	/**
	 * Decide between a plain value and a block where property sources give one name both.
	 * @param name name of the property
	 * @return the plain value if it comes first, the empty text if the block comes first,
	 * {@code null} if there are not both
	 */
	@Nullable Object plainValueBesideBlock(ConfigurationPropertyName name) {
		Object first = null;
		boolean plain = false;
		boolean block = false;
		for (ConfigurationPropertySource source : this.sources) {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			boolean descendants = source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT;
			if (first == null && (property != null || descendants)) {
				first = (property != null) ? this.placeholders.resolvePlaceholders(property.getValue()) : "";
			}
			plain |= property != null;
			block |= descendants;
		}
		return (plain && block) ? first : null;
	}

	/**
	 * Bind a block although there is a plain value of the same name.
	 * @param <T> the type to bind
	 * @param name name of the block
	 * @param type the type to bind
	 * @param problems hears of values that cannot be used
	 * @return the block
	 */
	<T> T bindIgnoringPlainValue(ConfigurationPropertyName name, Class<T> type, ProblemCollector problems) {
		List<ConfigurationPropertySource> filtered = this.sources.stream()
			.map((source) -> source.filter((candidate) -> !candidate.equals(name)))
			.toList();
		return binder(filtered, problems).bindOrCreate(name, Bindable.of(type), null);
	}

	/**
	 * Create a binder.
	 * @param problems hears of values that cannot be used
	 * @return a binder for all sources
	 */
	Binder binder(ProblemCollector problems) {
		return binder(this.sources, problems);
	}

	private Binder binder(List<ConfigurationPropertySource> sources, ProblemCollector problems) {
		ApplicationConversionService conversionService = new ApplicationConversionService();
		conversionService.addConverter(new SecretConverter());
		return new Binder(sources, this.placeholders, conversionService, null, new InvalidValues(problems));
	}

	/**
	 * A property as it is set.
	 *
	 * @param name its name
	 * @param text its name as Spring Boot reads it
	 * @param source its name as the property source has it
	 * @param in the property source
	 */
	record Spelling(ConfigurationPropertyName name, String text, String source, PropertySource<?> in) {

		/**
		 * Where it is set. Found out for problems only, as it takes its time.
		 * @return the place
		 */
		String origin() {
			Origin origin = OriginLookup.getOrigin(this.in, this.source);
			return (origin != null) ? origin.toString()
					: "\"%s\" from property source \"%s\"".formatted(this.source, this.in.getName());
		}

	}

}
