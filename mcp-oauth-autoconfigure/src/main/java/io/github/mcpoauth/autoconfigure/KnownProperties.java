// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * The names that a record or bean of properties binds, at any depth.
 */
final class KnownProperties {

	private static final Pattern NOT_UNIFORM = Pattern.compile("[^A-Za-z0-9]");

	private final Map<String, Property> properties = new LinkedHashMap<>();

	private KnownProperties() {
	}

	/**
	 * Collect the names of a record, or of the setters of a bean. A setter without a
	 * getter is another spelling, which binds and is not suggested.
	 * @param type the record or bean
	 * @return its names
	 */
	static KnownProperties of(Class<?> type) {
		KnownProperties known = new KnownProperties();
		if (type.isRecord()) {
			for (RecordComponent component : type.getRecordComponents()) {
				known.add(component.getName(), component.getType(), true);
			}
		}
		else {
			for (Class<?> bean = type; bean != null && bean != Object.class; bean = bean.getSuperclass()) {
				known.addBean(bean);
			}
		}
		return known;
	}

	private void addBean(Class<?> bean) {
		Set<String> getters = Arrays.stream(bean.getDeclaredMethods()).map(Method::getName).collect(Collectors.toSet());
		for (Field field : bean.getDeclaredFields()) {
			if (!Modifier.isStatic(field.getModifiers())) {
				String suffix = field.getName().substring(0, 1).toUpperCase(Locale.ROOT) + field.getName().substring(1);
				add(field.getName(), field.getType(),
						getters.contains("get" + suffix) || getters.contains("is" + suffix));
			}
		}
	}

	private void add(String name, Class<?> type, boolean suggested) {
		String dashed = dashed(name);
		boolean block = type.isRecord() || OAuthClientProperties.class.isAssignableFrom(type);
		this.properties.put(uniform(dashed), new Property(dashed, type, block ? of(type) : null, suggested));
	}

	/**
	 * Add a block that another type binds.
	 * @param name name of the block
	 * @param block its names
	 * @return these names
	 */
	KnownProperties with(String name, KnownProperties block) {
		this.properties.put(uniform(name), new Property(name, Object.class, block, true));
		return this;
	}

	/**
	 * Collect names of simple properties.
	 * @param names the names
	 * @return the same
	 */
	static KnownProperties of(String... names) {
		KnownProperties known = new KnownProperties();
		for (String name : names) {
			known.properties.put(uniform(name), new Property(name, String.class, null, true));
		}
		return known;
	}

	/**
	 * Find a block.
	 * @param name its name
	 * @return its names
	 */
	KnownProperties block(String name) {
		Property property = this.properties.get(uniform(name));
		if (property == null || property.block() == null) {
			throw new IllegalArgumentException("There is no block '%s'".formatted(name));
		}
		return property.block();
	}

	/**
	 * List the names as documentation spells them.
	 * @return the names
	 */
	Collection<String> names() {
		return suggested().map(Property::name).toList();
	}

	private Stream<Property> suggested() {
		return this.properties.values().stream().filter(Property::suggested);
	}

	/**
	 * Find out whether a name binds.
	 * @param name the name of a property
	 * @param from index of the element that names a property of this record
	 * @return the element that does not bind, {@code null} if the name binds to something
	 * or lies below a property that takes any name
	 */
	@Nullable Unknown unknown(ConfigurationPropertyName name, int from) {
		Property property = this.properties.get(uniform(name.getElement(from, Form.ORIGINAL)));
		int further = name.getNumberOfElements() - from - 1;
		if (property == null) {
			return new Unknown(this, name, from);
		}
		Class<?> type = property.type();
		if (further == 0 || Map.class.isAssignableFrom(type)) {
			return null;
		}
		if (property.block() != null) {
			return property.block().unknown(name, from + 1);
		}
		boolean listed = Collection.class.isAssignableFrom(type) && further == 1 && name.isNumericIndex(from + 1);
		return listed ? null : new Unknown(this, name, from);
	}

	/**
	 * Whether an environment variable sets one of these properties.
	 * @param variable the part after the prefix, in upper case
	 * @param legacy whether dashes became underscores, instead of being left out
	 * @return {@code true} if so
	 */
	boolean containsVariable(String variable, boolean legacy) {
		return this.properties.values().stream().anyMatch((property) -> {
			String name = variable(property.name(), legacy);
			if (variable.equals(name)) {
				return true;
			}
			if (!variable.startsWith(name + "_")) {
				return false;
			}
			String rest = variable.substring(name.length() + 1);
			if (property.block() != null) {
				return property.block().containsVariable(rest, legacy);
			}
			// Spring Boot finds the entries of a map below its exact name only
			return (Map.class.isAssignableFrom(property.type()) && name.equals(variable(property.name(), false)))
					|| (Collection.class.isAssignableFrom(property.type()) && rest.matches("\\d+"));
		});
	}

	/**
	 * Find the name that the user may have meant.
	 * @param name a name that is unknown
	 * @return the closest name of this block, else the path of the same name in a block
	 * below, {@code null} if absent
	 */
	@Nullable String closest(String name) {
		String wanted = uniform(name);
		String closest = closest(name, names());
		if (closest != null) {
			return closest;
		}
		String below = below(wanted);
		return (below != null || wanted.length() < 4) ? below
				: names().stream()
					.filter((candidate) -> uniform(candidate).contains(wanted) || wanted.contains(uniform(candidate)))
					.findFirst()
					.orElse(null);
	}

	/**
	 * Find the word that the user may have meant.
	 * @param word a word that is unknown
	 * @param candidates the known words
	 * @return the closest one, {@code null} if none is close
	 */
	static @Nullable String closest(String word, Collection<String> candidates) {
		String wanted = uniform(word);
		String closest = null;
		int least = Math.max(2, wanted.length() / 3) + 1;
		for (String candidate : candidates) {
			int distance = distance(wanted, uniform(candidate));
			if (distance < least) {
				least = distance;
				closest = candidate;
			}
		}
		return closest;
	}

	private @Nullable String below(String wanted) {
		for (Property property : suggested().toList()) {
			KnownProperties block = property.block();
			if (block != null) {
				Property same = block.properties.get(wanted);
				String path = (same != null) ? same.name() : block.below(wanted);
				if (path != null) {
					return property.name() + "." + path;
				}
			}
		}
		return null;
	}

	/**
	 * Whether a name takes any name below it.
	 * @param name the name
	 * @return whether it does
	 */
	boolean isMap(String name) {
		Property property = this.properties.get(uniform(name));
		return property != null && Map.class.isAssignableFrom(property.type());
	}

	/**
	 * Spell an environment variable with all its underscores.
	 * @param variable the part after the prefix, in upper case and with dashes left out
	 * @return the same with an underscore for each dash, unchanged if it sets nothing
	 */
	String spelledOut(String variable) {
		for (Property property : this.properties.values()) {
			String name = variable(property.name(), false);
			if (variable.equals(name) || variable.startsWith(name + "_")) {
				String rest = variable.substring(name.length());
				KnownProperties block = property.block();
				return variable(property.name(), true)
						+ ((block != null && !rest.isEmpty()) ? "_" + block.spelledOut(rest.substring(1)) : rest);
			}
		}
		return variable;
	}

	/**
	 * Spell a name as documentation does.
	 * @param name the name in any spelling
	 * @return the name with dashes and in lower case
	 */
	static String dashed(ConfigurationPropertyName name) {
		StringBuilder text = new StringBuilder();
		for (int index = 0; index < name.getNumberOfElements(); index++) {
			text.append((index > 0) ? "." : "").append(dashed(name.getElement(index, Form.ORIGINAL)));
		}
		return text.toString();
	}

	private static String dashed(String name) {
		return name.replaceAll("(?<=[a-z])([A-Z])", "-$1").replace('_', '-').toLowerCase(Locale.ROOT);
	}

	static String uniform(String name) {
		return NOT_UNIFORM.matcher(name).replaceAll("").toLowerCase(Locale.ROOT);
	}

	/**
	 * Convert part of a property's name to part of an environment variable's name.
	 * @param name part of the name of a property
	 * @param legacy whether dashes become underscores, instead of being left out
	 * @return the part, in upper case
	 */
	static String variable(String name, boolean legacy) {
		return name.replace("_", "").replace("-", legacy ? "_" : "").toUpperCase(Locale.ROOT);
	}

	/**
	 * Compute the edit distance of Levenshtein.
	 */
	private static int distance(String one, String other) {
		int[] previous = new int[other.length() + 1];
		for (int column = 0; column <= other.length(); column++) {
			previous[column] = column;
		}
		for (int row = 1; row <= one.length(); row++) {
			int[] current = new int[other.length() + 1];
			current[0] = row;
			for (int column = 1; column <= other.length(); column++) {
				int change = (one.charAt(row - 1) == other.charAt(column - 1)) ? 0 : 1;
				current[column] = Math.min(Math.min(current[column - 1], previous[column]) + 1,
						previous[column - 1] + change);
			}
			previous = current;
		}
		return previous[other.length()];
	}

	/**
	 * An element of a name that binds to nothing.
	 *
	 * @param within the names that would bind in its place
	 * @param name the whole name
	 * @param index index of the element
	 */
	record Unknown(KnownProperties within, ConfigurationPropertyName name, int index) {

		String element() {
			return this.name.getElement(this.index, Form.ORIGINAL);
		}

		/**
		 * Say which block lacks the name.
		 * @return a sentence without a full stop
		 */
		String reason() {
			return "'%s' has no property of that name"
				.formatted(ConfigurationLookup.spelled(this.name.chop(this.index)));
		}

		/**
		 * Describe the remedy.
		 * @return the name that may be meant, or all names there are
		 */
		String action() {
			String closest = this.within.closest(element());
			if (closest == null) {
				List<String> names = List.copyOf(this.within.names());
				return "Remove it, or use one of %s.".formatted(String.join(", ", names));
			}
			return "Did you mean '%s'?".formatted((closest.indexOf('.') < 0) ? closest
					: ConfigurationLookup.spelled(this.name.chop(this.index)) + "." + closest);
		}

	}

	/**
	 * One of the names.
	 *
	 * @param name the name
	 * @param type the type of its value
	 * @param block the names below it, {@code null} if it is no block
	 * @param suggested whether messages name it
	 */
	private record Property(String name, Class<?> type, @Nullable KnownProperties block, boolean suggested) {

	}

}
