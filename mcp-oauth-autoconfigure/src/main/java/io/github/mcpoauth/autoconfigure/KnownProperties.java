// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.lang.reflect.Parameter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * The names that a properties record binds, at any depth.
 */
final class KnownProperties {

	private static final Pattern NOT_UNIFORM = Pattern.compile("[^A-Za-z0-9]");

	private final Map<String, Property> properties = new LinkedHashMap<>();

	private KnownProperties() {
	}

	/**
	 * The names of a record that is bound by its constructor.
	 * @param type the record
	 * @return its names
	 */
	static KnownProperties of(Class<? extends Record> type) {
		KnownProperties known = new KnownProperties();
		for (Parameter parameter : type.getDeclaredConstructors()[0].getParameters()) {
			String name = dashed(parameter.getName());
			known.properties.put(uniform(name), Property.of(name, parameter.getType()));
		}
		return known;
	}

	/**
	 * The names, as documentation spells them.
	 * @return the names
	 */
	Collection<String> names() {
		return this.properties.values().stream().map(Property::name).toList();
	}

	/**
	 * Find out what a name binds to.
	 * @param name the name of a property
	 * @param from the element that names a property of this record
	 * @return what it fails to name, {@code null} if it binds to something or lies below
	 * what takes any name
	 */
	@Nullable Unknown unknown(ConfigurationPropertyName name, int from) {
		String element = name.getElement(from, Form.ORIGINAL);
		Property property = this.properties.get(uniform(element));
		int further = name.getNumberOfElements() - from - 1;
		if (property == null) {
			return new Unknown(this, element);
		}
		Class<?> type = property.type();
		if (further == 0 || Map.class.isAssignableFrom(type)) {
			return null;
		}
		if (property.block() != null) {
			return property.block().unknown(name, from + 1);
		}
		boolean listed = Collection.class.isAssignableFrom(type) && further == 1 && name.isNumericIndex(from + 1);
		return listed ? null : new Unknown(this, element);
	}

	/**
	 * Whether an environment variable sets something.
	 * @param variable what follows the prefix, in upper case
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
	 * The name that somebody may have meant.
	 * @param name what is not a name
	 * @return the closest name, {@code null} if none is close
	 */
	@Nullable String closest(String name) {
		String wanted = uniform(name);
		String closest = null;
		int least = Math.max(2, wanted.length() / 3) + 1;
		for (Property property : this.properties.values()) {
			String candidate = uniform(property.name());
			int distance = distance(wanted, candidate);
			if (distance < least) {
				least = distance;
				closest = property.name();
			}
		}
		return (closest != null || wanted.length() < 4) ? closest
				: this.properties.values()
					.stream()
					.map(Property::name)
					.filter((candidate) -> uniform(candidate).contains(wanted) || wanted.contains(uniform(candidate)))
					.findFirst()
					.orElse(null);
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
	 * @param variable what follows the prefix, in upper case and with dashes left out
	 * @return the same with an underscore for each dash, as it was if it sets nothing
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

	static String uniform(String name) {
		return NOT_UNIFORM.matcher(name).replaceAll("").toLowerCase(Locale.ROOT);
	}

	/**
	 * Part of the name of an environment variable.
	 * @param name part of the name of a property
	 * @param legacy whether dashes become underscores, instead of being left out
	 * @return the part, in upper case
	 */
	static String variable(String name, boolean legacy) {
		return name.replace("_", "").replace("-", legacy ? "_" : "").toUpperCase(Locale.ROOT);
	}

	private static String dashed(String name) {
		return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

	/**
	 * The edit distance of Levenshtein.
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
	 * What is not a name.
	 *
	 * @param within the names that would be
	 * @param element what stands in their place
	 */
	record Unknown(KnownProperties within, String element) {

	}

	/**
	 * One of the names.
	 *
	 * @param name the name
	 * @param type the type of its value
	 * @param block the names below it, {@code null} if it is no record
	 */
	private record Property(String name, Class<?> type, @Nullable KnownProperties block) {

		static Property of(String name, Class<?> type) {
			return new Property(name, type, type.isRecord() ? KnownProperties.of(type.asSubclass(Record.class)) : null);
		}

	}

}
