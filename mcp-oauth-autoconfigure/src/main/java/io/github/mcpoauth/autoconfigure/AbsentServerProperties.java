// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.util.HashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Skips the properties of a server that are set nowhere. A server has some thirty, of
 * which most set three, and binding looks for each of them in every property source.
 * <p>
 * The names are collected once for each binding. Where they cannot be known, nothing is
 * skipped: the spelling of an environment variable is ambiguous, and a source may hold
 * names that it does not list.
 */
final class AbsentServerProperties extends AbstractBindHandler {

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("mcp");

	private static final int SERVER = UnknownPropertyCheck.SERVERS.getNumberOfElements() + 1;

	/**
	 * All names below the servers that are set, and the names above them; {@code null} if
	 * they are not known.
	 */
	private volatile @Nullable Set<ConfigurationPropertyName> present;

	AbsentServerProperties(BindHandler parent) {
		super(parent);
	}

	@Override
	public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
		if (ROOT.equals(name)) {
			this.present = present(context.getSources());
		}
		else if (isOfServer(name)) {
			Set<ConfigurationPropertyName> present = this.present;
			if (present != null && !present.contains(name)) {
				return null;
			}
		}
		return super.onStart(name, target, context);
	}

	@Override
	public void onFinish(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
			@Nullable Object result) throws Exception {
		if (ROOT.equals(name)) {
			// Spring Boot keeps its handlers
			this.present = null;
		}
		super.onFinish(name, target, context, result);
	}

	/**
	 * Whether a name is one below the name of a server.
	 * @param name the name
	 * @return whether it is
	 */
	static boolean isOfServer(ConfigurationPropertyName name) {
		return name.getNumberOfElements() > SERVER && UnknownPropertyCheck.SERVERS.isAncestorOf(name);
	}

	/**
	 * Collect what is set of the servers.
	 * @param sources the property sources
	 * @return the names below each server that are set, and the names above them,
	 * {@code null} if they are not known
	 */
	static @Nullable Set<ConfigurationPropertyName> present(Iterable<ConfigurationPropertySource> sources) {
		Set<ConfigurationPropertyName> present = new HashSet<>();
		for (ConfigurationPropertySource source : sources) {
			if (source.containsDescendantOf(UnknownPropertyCheck.SERVERS) == ConfigurationPropertyState.ABSENT) {
				continue;
			}
			if (!(source instanceof IterableConfigurationPropertySource iterable)
					|| source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource) {
				return null;
			}
			iterable.stream().filter(UnknownPropertyCheck.SERVERS::isAncestorOf).forEach((name) -> {
				ConfigurationPropertyName above = name;
				while (above.getNumberOfElements() > SERVER && present.add(above)) {
					above = above.getParent();
				}
			});
		}
		return present;
	}

}
