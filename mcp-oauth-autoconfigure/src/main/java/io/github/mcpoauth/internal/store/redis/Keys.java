// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.List;
import java.util.Locale;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.RecordCommands.Document;
import org.jspecify.annotations.Nullable;

/**
 * Names of Redis keys. Those of one grant share a hash tag, so that a Redis Cluster keeps
 * them on one node, where a script may use them together.
 *
 * @param prefix the start of all names
 */
record Keys(String prefix) {

	/**
	 * The kinds of keys that hold something of a principal, beginning with the grant.
	 */
	static final List<String> KINDS = List.of("grant", "client", "metadata", "lessons", "spending", "corrupt", "name",
			"logins");

	String grant(GrantKey key) {
		return name(key, "grant");
	}

	String document(GrantKey key, Document document) {
		return name(key, document.name().toLowerCase(Locale.ROOT));
	}

	String spending(GrantKey key) {
		return name(key, "spending");
	}

	String lease(GrantKey key) {
		return name(key, "lease");
	}

	/**
	 * The logins of a grant, or the key of all logins.
	 */
	String logins(@Nullable GrantKey key) {
		return (key != null) ? name(key, "logins") : this.prefix + "login-key";
	}

	String corrupt(GrantKey key) {
		return name(key, "corrupt");
	}

	String channel() {
		return this.prefix + "changes";
	}

	/**
	 * A pattern of keys.
	 * @param text a pattern of texts of {@link KeyCodec}
	 * @return the pattern for {@code SCAN}
	 */
	String pattern(String text) {
		return new Keys(this.prefix.replaceAll("[*?\\[\\]\\\\^]", "\\\\$0")).name(text, "*");
	}

	/**
	 * A key by the text of its grant.
	 * @param text a text of {@link KeyCodec}
	 * @param kind one of {@link #KINDS}
	 * @return the key
	 */
	String name(String text, String kind) {
		return "%s{%s}:%s".formatted(this.prefix, text, kind);
	}

	/**
	 * Understand a key of one of the {@link #KINDS}.
	 * @param name the key
	 * @return the text of its grant and its kind, {@code null} for another key
	 */
	@Nullable Part parse(String name) {
		int end = name.lastIndexOf("}:");
		String start = this.prefix + "{";
		String kind = (end >= 0) ? name.substring(end + 2) : "";
		return (name.startsWith(start) && end > start.length() && KINDS.contains(kind))
				? new Part(name.substring(start.length(), end), kind) : null;
	}

	private String name(GrantKey key, String kind) {
		return name(KeyCodec.of(key), kind);
	}

	/**
	 * The parts of a key.
	 *
	 * @param text the text of its grant
	 * @param kind its kind
	 */
	record Part(String text, String kind) {

	}

}
