// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.manager.GrantImportException;
import org.jspecify.annotations.Nullable;

/**
 * Codex: one file {@code .credentials.json} with an entry for each login, its expiry in
 * milliseconds. Logins that Codex keeps in the keyring of the system are not found.
 */
final class CodexStore implements ForeignStore {

	private static final String FILE = ".credentials.json";

	@Override
	public Path usualPath() {
		return ForeignFiles.directory("CODEX_HOME", ".codex");
	}

	@Override
	public List<ForeignLogin> read(Path path, Collection<McpServer> servers) throws IOException {
		Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
		List<ForeignLogin> logins = new ArrayList<>();
		entries(file).forEach((key, entry) -> logins.add(read(file, key, entry)));
		return logins;
	}

	private static Map<String, Object> entries(Path file) throws IOException {
		try {
			return JsonMembers.parse(Files.readAllBytes(file)).rest();
		}
		catch (MalformedRecordException ex) {
			throw new GrantImportException("%s %s".formatted(file, ex.getMessage()), null);
		}
	}

	private static ForeignLogin read(Path file, String key, Object entry) {
		String location = "%s (%s)".formatted(file, key);
		if (!(entry instanceof Map<?, ?> members)) {
			return ForeignLogin.unreadable(location, key, null, "it is not a JSON object");
		}
		String name = text(members, "server_name");
		String url = text(members, "server_url");
		String accessToken = text(members, "access_token");
		if (accessToken == null) {
			return ForeignLogin.unreadable(location, (name != null) ? name : key, url,
					"it has no member 'access_token'");
		}
		String refreshToken = text(members, "refresh_token");
		Grant grant = Grant.with(Secret.of(accessToken))
			.refreshToken((refreshToken != null) ? Secret.of(refreshToken) : null)
			.expiresAt((members.get("expires_at") instanceof Number millis && millis.longValue() > 0)
					? Instant.ofEpochMilli(millis.longValue()) : null)
			.scope(words(members.get("scopes")))
			.clientId(text(members, "client_id"))
			.build();
		return new ForeignLogin(location, (name != null) ? name : key, url, grant, null, Map.of(), null,
				() -> remove(file, key));
	}

	private static void remove(Path file, String key) throws IOException {
		Map<String, Object> entries = new LinkedHashMap<>(entries(file));
		if (entries.remove(key) != null) {
			ForeignFiles.replace(file, JsonMembers.render(entries));
		}
	}

	private static @Nullable String text(Map<?, ?> members, String name) {
		return (members.get(name) instanceof String text && !text.isEmpty()) ? text : null;
	}

	private static Set<String> words(@Nullable Object value) {
		Set<String> words = new LinkedHashSet<>();
		if (value instanceof Collection<?> values) {
			values.forEach((word) -> words.add(String.valueOf(word)));
		}
		return words;
	}

}
