// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Remembers outcomes for as long as it takes to show them: the answer to a form sends the
 * browser to a page of its own, which may be loaded again.
 */
final class LoginOutcomeRegistry {

	private static final int MOST = 500;

	private final Map<String, Kept> kept = new LinkedHashMap<>() {

		private static final long serialVersionUID = 1L;

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
			return size() > MOST;
		}

	};

	/**
	 * Keep an outcome.
	 * @param visitor who is to see it
	 * @param outcome the outcome
	 * @return its name
	 */
	synchronized String keep(Visitor visitor, LoginOutcome outcome) {
		String name = UUID.randomUUID().toString();
		this.kept.put(name, new Kept(visitor, outcome));
		return name;
	}

	synchronized @Nullable LoginOutcome find(@Nullable String name, Visitor visitor) {
		Kept found = (name != null) ? this.kept.get(name) : null;
		return (found != null && found.visitor().equals(visitor)) ? found.outcome() : null;
	}

	private record Kept(Visitor visitor, LoginOutcome outcome) {

	}

}
