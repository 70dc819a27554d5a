// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;

import org.springframework.util.DigestUtils;

/**
 * The mcp-remote package: {@code mcp-remote-<version>/<hash>_tokens.json}, where the hash
 * is that of the server's URL, which cannot be read back from it. Older versions had one
 * directory for each release: of several logins for one server, the last written counts.
 */
final class McpRemoteStore implements ForeignStore {

	private static final String VERSIONS = "mcp-remote-";

	private static final String SUFFIX = "_tokens.json";

	@Override
	public Path usualPath() {
		return ForeignFiles.directory("MCP_REMOTE_CONFIG_DIR", ".mcp-auth");
	}

	@Override
	public List<ForeignLogin> read(Path path, Collection<McpServer> servers) throws IOException {
		Map<String, String> urls = urls(servers);
		Map<String, Path> newest = new LinkedHashMap<>();
		for (Path file : files(path)) {
			newest.putIfAbsent(String.valueOf(file.getFileName()), file);
		}
		List<ForeignLogin> logins = new ArrayList<>();
		for (Path file : newest.values()) {
			logins.add(read(file, urls));
		}
		return logins;
	}

	private static List<Path> files(Path path) throws IOException {
		List<Path> found = new ArrayList<>();
		try (Stream<Path> directories = Files.list(path)) {
			List<Path> all = new ArrayList<>(directories.filter(Files::isDirectory)
				.filter((directory) -> String.valueOf(directory.getFileName()).startsWith(VERSIONS))
				.toList());
			all.add(path);
			for (Path directory : all) {
				try (Stream<Path> files = Files.list(directory)) {
					files.filter((file) -> String.valueOf(file.getFileName()).endsWith(SUFFIX)).forEach(found::add);
				}
			}
		}
		Map<Path, FileTime> written = new HashMap<>();
		for (Path file : found) {
			written.put(file, Files.getLastModifiedTime(file));
		}
		Comparator<Path> newestFirst = Comparator
			.comparing((Path file) -> written.getOrDefault(file, FileTime.fromMillis(0)))
			.reversed();
		return found.stream().sorted(newestFirst.thenComparing(Path::toString)).toList();
	}

	private static ForeignLogin read(Path file, Map<String, String> urls) throws IOException {
		String fileName = String.valueOf(file.getFileName());
		String hash = fileName.substring(0, fileName.length() - SUFFIX.length());
		Path clientFile = file.resolveSibling(hash + "_client_info.json");
		String url = urls.get(hash);
		try {
			OAuthClient client = ForeignFiles.client(clientFile);
			return new ForeignLogin(file.toString(), hash, url, ForeignFiles.grant(file), client, Map.of(), null,
					() -> {
						Files.deleteIfExists(file);
						Files.deleteIfExists(clientFile);
					});
		}
		catch (MalformedRecordException ex) {
			return ForeignLogin.unreadable(file.toString(), hash, url, "it " + ex.getMessage());
		}
	}

	/**
	 * The URLs, by their hashes. A hash was made from the URL as the user typed it, with
	 * a slash at the end or without.
	 */
	private static Map<String, String> urls(Collection<McpServer> servers) {
		Map<String, String> urls = new HashMap<>();
		for (McpServer server : servers) {
			URI url = server.url();
			String text = url.toString();
			String other = text.endsWith("/") ? text.substring(0, text.length() - 1) : text + "/";
			urls.put(hash(text), text);
			urls.put(hash(other), text);
		}
		return urls;
	}

	private static String hash(String url) {
		return DigestUtils.md5DigestAsHex(url.getBytes(StandardCharsets.UTF_8));
	}

}
